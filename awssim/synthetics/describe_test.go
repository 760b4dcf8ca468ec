package synthetics

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/synthetics"
)

func TestPages(t *testing.T) {
	b := newBench(t)
	for i := range 45 {
		b.add(func(c *Canary) { c.Name, c.Location = fmt.Sprintf("c-%02d", 44-i), fmt.Sprintf("artifacts/c-%02d", i) })
	}
	var names []string
	var sizes []int
	for p := sdk.NewDescribeCanariesPaginator(b.client, &sdk.DescribeCanariesInput{}); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(out.Canaries))
		for _, c := range out.Canaries {
			names = append(names, *c.Name)
		}
	}
	if fmt.Sprint(sizes) != "[20 20 5]" || names[0] != "c-00" || names[44] != "c-44" {
		t.Errorf("pages %v from %s to %s", sizes, names[0], names[44])
	}
	last, err := b.client.DescribeCanariesLastRun(ctx, &sdk.DescribeCanariesLastRunInput{})
	if err != nil || len(last.CanariesLastRun) != 45 || last.NextToken != nil {
		t.Errorf("last runs %d, %v", len(last.CanariesLastRun), err)
	}
	_, err = b.client.DescribeCanaries(ctx, &sdk.DescribeCanariesInput{MaxResults: aws.Int32(21)})
	b.wantCode(err, "ValidationException")
	_, err = b.client.DescribeCanaries(ctx, &sdk.DescribeCanariesInput{NextToken: aws.String("nonsense")})
	b.wantCode(err, "ValidationException")
	_, err = b.client.DescribeCanaries(ctx, &sdk.DescribeCanariesInput{Names: make([]string, 6)})
	b.wantCode(err, "ValidationException")
}

func TestPagesOfRunsStayRightWhileRunsAreAdded(t *testing.T) {
	b := newBench(t)
	b.add(nil)
	b.clock.Advance(30 * time.Minute)
	p := sdk.NewGetCanaryRunsPaginator(b.client, &sdk.GetCanaryRunsInput{Name: aws.String("checkout"), MaxResults: aws.Int32(3)})
	seen := map[string]bool{}
	for p.HasMorePages() {
		out, err := p.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range out.CanaryRuns {
			if seen[*r.Id] {
				t.Errorf("run %s comes twice", *r.Id)
			}
			seen[*r.Id] = true
		}
		b.clock.Advance(5 * time.Minute)
	}
	if len(seen) != 7 {
		t.Errorf("%d runs, want the 7 that there were", len(seen))
	}
}

func TestOneForbiddenNameFailsTheWholeCall(t *testing.T) {
	b := newBench(t)
	b.add(nil)
	b.refused["synthetics:DescribeCanaries "+ARN(account, region, "secret")] = true
	out, err := b.client.DescribeCanaries(ctx, &sdk.DescribeCanariesInput{Names: []string{"checkout"}})
	if err != nil || len(out.Canaries) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	_, err = b.client.DescribeCanaries(ctx, &sdk.DescribeCanariesInput{Names: []string{"checkout", "secret"}})
	b.wantCode(err, "AccessDeniedException")
}

func TestMissingCanary(t *testing.T) {
	b := newBench(t)
	_, err := b.client.GetCanary(ctx, &sdk.GetCanaryInput{Name: aws.String("none")})
	b.wantCode(err, "ResourceNotFoundException")
	_, err = b.client.GetCanaryRuns(ctx, &sdk.GetCanaryRunsInput{Name: aws.String("none")})
	b.wantCode(err, "ResourceNotFoundException")
	b.wantCode(b.update(sdk.UpdateCanaryInput{}), "ResourceNotFoundException")
	_, err = b.client.StartCanary(ctx, &sdk.StartCanaryInput{Name: aws.String("none")})
	b.wantCode(err, "ResourceNotFoundException")
	_, err = b.client.GetCanary(ctx, &sdk.GetCanaryInput{Name: aws.String("NONE")})
	b.wantCode(err, "ValidationException")
}

func TestACanaryThatWasNeverConfigured(t *testing.T) {
	b := newBench(t)
	b.add(func(c *Canary) { c.Encryption = nil })
	c := b.get()
	if c.ArtifactConfig != nil || c.VisualReference != nil || c.VisualReferences != nil {
		t.Errorf("%+v", c)
	}
	for name, key := range b.bucket.under("artifacts/checkout") {
		if key != "" {
			t.Errorf("%s was asked to lie under %s", name, key)
		}
	}
}

func TestRuntimeVersions(t *testing.T) {
	b := newBench(t)
	out, err := b.client.DescribeRuntimeVersions(ctx, &sdk.DescribeRuntimeVersionsInput{})
	if err != nil {
		t.Fatal(err)
	}
	deprecated := map[string]bool{}
	for _, r := range out.RuntimeVersions {
		deprecated[*r.VersionName] = r.DeprecationDate != nil
	}
	if !deprecated["syn-nodejs-puppeteer-7.0"] || deprecated["syn-nodejs-puppeteer-8.0"] {
		t.Errorf("deprecated: %v", deprecated)
	}
}
