// Package runtime knows what the runtime versions of canaries can do.
package runtime

import (
	"regexp"
	"strconv"
)

// Version is a canary runtime version, for example syn-nodejs-puppeteer-9.1.
type Version struct {
	Family       string
	Major, Minor int
}

// Families of runtimes.
const (
	Puppeteer  = "syn-nodejs-puppeteer"
	Playwright = "syn-nodejs-playwright"
	NodeJS     = "syn-nodejs"
	Selenium   = "syn-python-selenium"
)

var pattern = regexp.MustCompile(`^(syn-[a-z]+(?:-[a-z]+)*)-([0-9]{1,4})\.([0-9]{1,4})$`)

// Parse reads a runtime version. Names that it does not understand give a version without a family, which can do
// nothing.
func Parse(s string) Version {
	m := pattern.FindStringSubmatch(s)
	if m == nil {
		return Version{}
	}
	major, _ := strconv.Atoi(m[2]) // four digits at the most
	minor, _ := strconv.Atoi(m[3])
	return Version{Family: m[1], Major: major, Minor: minor}
}

// EncryptsArtifacts reports whether a canary on the runtime may choose its artifact encryption. AWS names only
// puppeteer from 3.3 on (Synthetics API, ArtifactConfigInput); the newer Node.js families came after the feature
// and are admitted, with the proof on their objects as the check. Python and Java are not.
func (v Version) EncryptsArtifacts() bool {
	switch v.Family {
	case Puppeteer:
		return v.atLeast(3, 3)
	case Playwright, NodeJS:
		return true
	}
	return false
}

// PluralReferencesOnly reports whether the runtime takes its baselines as VisualReferences only: puppeteer from
// 11.0 and playwright from 3.0 on (Synthetics API, UpdateCanary, VisualReferences).
func (v Version) PluralReferencesOnly() bool {
	return v.Family == Puppeteer && v.atLeast(11, 0) || v.Family == Playwright && v.atLeast(3, 0)
}

// DryRuns reports whether a canary on the runtime takes dry runs (CloudWatch User Guide, Performing safe canary updates).
func (v Version) DryRuns() bool {
	switch v.Family {
	case Puppeteer:
		return v.atLeast(10, 0)
	case Playwright:
		return v.atLeast(2, 0)
	case NodeJS:
		return v.atLeast(3, 0)
	case Selenium:
		return v.atLeast(5, 1)
	}
	return false
}

func (v Version) atLeast(major, minor int) bool {
	return v.Major > major || v.Major == major && v.Minor >= minor
}
