package runtime

import "testing"

func TestCapabilities(t *testing.T) {
	for version, want := range map[string]struct{ encrypts, plural bool }{
		"syn-nodejs-puppeteer-3.2":   {false, false},
		"syn-nodejs-puppeteer-3.3":   {true, false},
		"syn-nodejs-puppeteer-10.0":  {true, false},
		"syn-nodejs-puppeteer-11.0":  {true, true},
		"syn-nodejs-playwright-2.0":  {true, false},
		"syn-nodejs-playwright-3.0":  {true, true},
		"syn-nodejs-3.0":             {true, false},
		"syn-python-selenium-5.1":    {false, false},
		"syn-java-1.0":               {false, false},
		"syn-nodejs-puppeteer-11":    {false, false},
		"":                           {false, false},
		"syn-nodejs-puppeteer-9.1-x": {false, false},
	} {
		v := Parse(version)
		if v.EncryptsArtifacts() != want.encrypts || v.PluralReferencesOnly() != want.plural {
			t.Errorf("%q: encrypts %v, plural only %v; want %v, %v",
				version, v.EncryptsArtifacts(), v.PluralReferencesOnly(), want.encrypts, want.plural)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("syn-nodejs-puppeteer-9.1")
	f.Fuzz(func(t *testing.T, s string) {
		if v := Parse(s); v.Family == "" && (v.EncryptsArtifacts() || v.PluralReferencesOnly()) {
			t.Errorf("%q can do something though it was not understood", s)
		}
	})
}
