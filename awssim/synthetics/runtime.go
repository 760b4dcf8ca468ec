package synthetics

import (
	"fmt"
	"strings"
	"time"
)

// runtimeVersion is a runtime that AWS offers or has offered.
type runtimeVersion struct {
	name       string
	released   string // date
	deprecated string // date, "" while it is supported
}

// runtimeVersions are enough of AWS's list to hold one on each side of every limit that matters here, with
// the deprecation dates of the CloudWatch User Guide's "Runtime versions support policy". Release dates are
// rounded: nothing depends on them.
var runtimeVersions = []runtimeVersion{
	{"syn-nodejs-5.0", "2026-06-01", ""},
	{"syn-nodejs-3.0", "2025-11-01", ""},
	{"syn-java-1.0", "2025-08-01", ""},
	{"syn-nodejs-playwright-5.1", "2026-02-01", ""},
	{"syn-nodejs-playwright-5.0", "2026-01-01", ""},
	{"syn-nodejs-playwright-3.0", "2025-08-01", ""},
	{"syn-nodejs-playwright-2.0", "2025-03-01", ""},
	{"syn-nodejs-playwright-1.0", "2024-12-01", ""},
	{"syn-nodejs-puppeteer-13.0", "2026-01-01", ""},
	{"syn-nodejs-puppeteer-12.0", "2025-11-01", ""},
	{"syn-nodejs-puppeteer-11.0", "2025-08-01", ""},
	{"syn-nodejs-puppeteer-10.0", "2025-03-01", ""},
	{"syn-nodejs-puppeteer-9.1", "2024-11-01", ""},
	{"syn-nodejs-puppeteer-9.0", "2024-08-01", ""},
	{"syn-nodejs-puppeteer-8.0", "2024-06-01", ""},
	{"syn-nodejs-puppeteer-7.0", "2024-03-01", "2026-01-22"},
	{"syn-nodejs-puppeteer-6.2", "2024-02-01", "2026-01-22"},
	{"syn-nodejs-puppeteer-5.2", "2023-12-01", "2026-01-22"},
	{"syn-nodejs-puppeteer-3.9", "2023-05-01", "2024-01-08"},
	{"syn-nodejs-puppeteer-3.2", "2021-08-01", "2024-01-08"},
	{"syn-python-selenium-8.0", "2026-01-01", ""},
	{"syn-python-selenium-6.0", "2025-08-01", ""},
	{"syn-python-selenium-5.1", "2025-03-01", "2026-02-03"},
	{"syn-python-selenium-3.0", "2024-05-01", "2026-01-22"},
}

func date(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return t
}

// isDeprecated says whether the runtime can't be chosen any more at the instant now; unknown ones are an error.
func isDeprecated(name string, now time.Time) (bool, error) {
	for _, r := range runtimeVersions {
		if r.name == name {
			return r.deprecated != "" && !now.Before(date(r.deprecated)), nil
		}
	}
	return false, fmt.Errorf("unknown runtime version %q", name)
}

// family splits a runtime's name into its family and its version as one comparable number.
func family(name string) (string, int) {
	i := strings.LastIndexByte(name, '-')
	if i < 0 {
		return name, 0
	}
	var major, minor int
	if _, err := fmt.Sscanf(name[i+1:], "%d.%d", &major, &minor); err != nil {
		return name, 0
	}
	return name[:i], major*100 + minor
}

// since says whether a runtime is of one of the families, at or above the version given for it.
func since(name string, floors map[string]int) bool {
	f, version := family(name)
	floor, ok := floors[f]
	return ok && version >= floor
}

// The minimum versions of capabilities, major*100+minor.
var (
	// API_Canary: only VisualReferences and EngineConfigs from here on, and both browsers.
	pluralOnly = map[string]int{"syn-nodejs-puppeteer": 1100, "syn-nodejs-playwright": 300}
	// API_VisualReferenceInput; the runtime notes of syn-nodejs-playwright-3.0.
	visualMonitoring = map[string]int{"syn-nodejs-puppeteer": 302, "syn-nodejs-playwright": 300}
	// CloudWatch User Guide, "Performing safe canary updates".
	dryRuns = map[string]int{
		"syn-nodejs-puppeteer": 1000, "syn-nodejs-playwright": 200, "syn-python-selenium": 501, "syn-nodejs": 300,
	}
	// API_ArtifactConfigInput.
	artifactEncryption = map[string]int{"syn-nodejs-puppeteer": 303}
)
