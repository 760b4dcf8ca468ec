package canaries

import (
	"cmp"
	"slices"

	"rekey/workflows"
)

// Names of the settings that Changed compares.
const (
	IDSetting             = "id"
	EncryptionSetting     = "encryption"
	LocationSetting       = "location"
	RoleSetting           = "role"
	RuntimeSetting        = "runtime"
	VisualSetting         = "visual references"
	BrowsersSetting       = "browsers"
	EnvironmentKeySetting = "environment key"
	ReplicasSetting       = "replicas"
)

// Changed names the settings in which a canary differs from how it was recorded, in a fixed order. Code, schedule,
// tags, engine and state may differ: a migration neither reads nor restores them.
func Changed(recorded, now workflows.Settings) []string {
	var names []string
	for _, setting := range []struct {
		name string
		same bool
	}{
		{IDSetting, recorded.ID == now.ID},
		{EncryptionSetting, recorded.From == now.From},
		{LocationSetting, Location(recorded.Location) == Location(now.Location)},
		{RoleSetting, recorded.RoleARN == now.RoleARN},
		{RuntimeSetting, recorded.Runtime == now.Runtime},
		{VisualSetting, SameBaseline(recorded.Visual, now.Visual)},
		{BrowsersSetting, sameBrowsers(recorded.Browsers, now.Browsers)},
		{EnvironmentKeySetting, recorded.EnvironmentKeyARN == now.EnvironmentKeyARN},
		{ReplicasSetting, recorded.PrimaryRegion == now.PrimaryRegion && sameSet(recorded.Replicas, now.Replicas)},
	} {
		if !setting.same {
			names = append(names, setting.name)
		}
	}
	return names
}

// Has reports whether a canary has an encryption and an artifact location; an empty location means any.
func Has(now workflows.Settings, to workflows.Encryption, location string) bool {
	return now.From == to && (location == "" || Location(location) == Location(now.Location))
}

// chrome is the browser of a canary that names none (Synthetics API, Canary.BrowserConfigs).
const chrome = "CHROME"

func sameBrowsers(a, b []string) bool {
	return sameSet(withDefault(a), withDefault(b))
}

func withDefault(browsers []string) []string {
	if len(browsers) == 0 {
		return []string{chrome}
	}
	return browsers
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// SameBaseline reports whether two lists of visual references mean the same baseline: for the same browsers the
// same run, screenshots and ignore areas, in any order. A wanted "nextrun" or "lastrun" stands for the run that it
// becomes. Where no screenshots are wanted, those of the run are: Synthetics tells them once a run has brought them.
func SameBaseline(wanted, now []workflows.VisualReference) bool {
	return slices.EqualFunc(inOrder(wanted), inOrder(now), func(w, n workflows.VisualReference) bool {
		if browser(w) != browser(n) {
			return false
		}
		sameRun := IsPending(w) || w.BaseRunID == n.BaseRunID
		return sameRun && (len(w.Screenshots) == 0 || sameScreenshots(w, n))
	})
}

// IsPending reports whether a reference names no run yet: the values "nextrun" and "lastrun" (Synthetics API,
// VisualReferenceInput.BaseCanaryRunId).
func IsPending(r workflows.VisualReference) bool {
	return r.BaseRunID == "nextrun" || r.BaseRunID == "lastrun"
}

func browser(r workflows.VisualReference) string { return cmp.Or(r.Browser, chrome) }

func inOrder(list []workflows.VisualReference) []workflows.VisualReference {
	return slices.SortedFunc(slices.Values(list), func(a, b workflows.VisualReference) int {
		return cmp.Compare(browser(a), browser(b))
	})
}

func sameScreenshots(a, b workflows.VisualReference) bool {
	byName := func(r workflows.VisualReference) []workflows.Screenshot {
		return slices.SortedFunc(slices.Values(r.Screenshots), func(a, b workflows.Screenshot) int {
			return cmp.Compare(a.Name, b.Name)
		})
	}
	return slices.EqualFunc(byName(a), byName(b), func(a, b workflows.Screenshot) bool {
		return a.Name == b.Name && sameSet(a.Ignore, b.Ignore)
	})
}
