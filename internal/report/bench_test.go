package report

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkReport measures the time, the memory and the size of the file: go test ./internal/report -run '^$' -bench Report -benchtime 1x
// With REKEY_REPORT_DIR the files are kept there, to be opened in a browser.
func BenchmarkReport(b *testing.B) {
	cases := map[string]sample{
		"10000":  {accounts: 100, regions: 4, perCell: 27},
		"100000": {accounts: 1000, regions: 4, perCell: 27},
	}
	for name, s := range cases {
		b.Run(name, func(b *testing.B) {
			dir := os.Getenv("REKEY_REPORT_DIR")
			if dir == "" {
				dir = b.TempDir()
			}
			served := s.api()
			client := served.dial(b)
			b.ReportAllocs()
			for b.Loop() {
				file, err := os.Create(filepath.Join(dir, "report-"+name+".html")) //nolint:gosec // where whoever runs it says
				if err != nil {
					b.Fatal(err)
				}
				out := bufio.NewWriter(file)
				if err := Write(b.Context(), out, client, served.migration.GetId()); err != nil {
					b.Fatal(err)
				}
				_ = out.Flush()
				size, _ := file.Stat()
				b.ReportMetric(float64(size.Size())/1e6, "MB")
				b.ReportMetric(float64(len(served.canaries)), "canaries")
				_ = file.Close()
			}
		})
	}
}
