package synthetics

import (
	"slices"

	"rekey/awssim/s3"
)

// What a canary's role needs a key for.
const (
	// NeedWrite is to put artifacts, NeedRead to get them back.
	NeedWrite = "writing artifacts"
	NeedRead  = "reading artifacts"
	// NeedBaseline is to read an object of the baseline, or of the run that the next run makes the baseline from.
	NeedBaseline = "its baseline"
	// NeedEnvironment is to decrypt the environment variables.
	NeedEnvironment = "its environment variables"
)

// Need is one thing that a canary's role must be able to do, or the canary's runs fail.
type Need struct {
	// Canary and Role are ARNs.
	Canary string `json:"canary"`
	Role   string `json:"role"`
	// For is one of the constants above.
	For string `json:"for"`
	// Bucket and Object are what is put or read, Encryption what a put asks for; a read finds out from the object.
	Bucket     string        `json:"bucket,omitempty"`
	Object     string        `json:"object,omitempty"`
	Encryption s3.Encryption `json:"encryption,omitzero"`
	// Key and Region are the environment's.
	Key    string `json:"key,omitempty"`
	Region string `json:"region,omitempty"`
	// Run is the id of a run in flight that needs it still, although the canary's settings don't; empty where they do.
	Run string `json:"run,omitempty"`
}

// Needs are what all canaries need now, in no order: stopped ones too, since they may be started. Of a canary that is
// being updated both settings count. Dry runs don't: they are there to find out.
func (s *Service) Needs() []Need {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []Need
	for _, where := range s.cells {
		for _, c := range where.byName {
			c.mu.Lock()
			out = append(out, c.needs()...)
			c.mu.Unlock()
		}
	}
	return out
}

func (c *canary) needs() []Need {
	out := c.needsUnder(c.config, true)
	if c.pending != nil {
		out = append(out, c.needsUnder(c.pending, true)...)
	}
	for _, r := range c.runs {
		if r.state != running || r.dry != nil {
			continue
		}
		for _, n := range c.needsUnder(r.config, r.config == c.config) {
			if !slices.Contains(out, n) {
				n.Run = r.id
				out = append(out, n)
			}
		}
	}
	return out
}

// needsUnder are what a run with that configuration needs, which is in force, or about to be, or not any more.
func (c *canary) needsUnder(f *configuration, inForce bool) []Need {
	object := f.location.key("artifact")
	base := Need{Canary: c.arn, Role: f.role, Bucket: f.location.bucket, Object: object, Encryption: f.encryption.upload()}
	write, read := base, base
	write.For, read.For = NeedWrite, NeedRead
	out := []Need{write, read}
	if f.environmentKey != "" {
		out = append(out, Need{Canary: c.arn, Role: f.role, For: NeedEnvironment, Key: f.environmentKey, Region: c.region})
	}
	for _, ref := range f.visual {
		for _, o := range c.pictures(ref, inForce) {
			out = append(out, Need{Canary: c.arn, Role: f.role, For: NeedBaseline, Bucket: o.bucket, Object: o.key})
		}
	}
	return out
}

type object struct{ bucket, key string }

// pictures are the objects that a run reads for a reference: the stored baseline, or those of the run that it is to be
// made from. Nextrun has none. A run under settings of before makes no baseline, and reads what is stored.
func (c *canary) pictures(ref *visualReference, inForce bool) []object {
	var bucket, folder string
	shots := ref.screenshots
	b := c.baselines[ref.browser]
	switch source := c.runByID(ref.base); {
	case b != nil && (b.reference == ref || !inForce):
		bucket, folder = b.location.bucket, b.folder
	case ref.base == nextRun || source == nil:
		return nil
	default:
		bucket, folder = source.config.location.bucket, source.prefix(c)
		if shots == nil {
			for _, shot := range c.script.screenshots {
				shots = append(shots, baseScreenshot{Name: shot.Name})
			}
		}
	}
	var out []object
	for _, shot := range shots {
		out = append(out, object{bucket, folder + shot.Name + ".png"})
	}
	return out
}
