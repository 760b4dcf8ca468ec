package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
)

func pagingFacts() []fact {
	return []fact{
		{
			name: "DescribeCanariesPagesByTwenty", status: confirmed, source: "API model, MaxCanaryResults",
			check: func(x *trial) {
				_, err := x.synthetics.DescribeCanaries(x.ctx, &awssynthetics.DescribeCanariesInput{MaxResults: aws.Int32(21)})
				x.refused(err, validation)
				out, err := x.synthetics.DescribeCanaries(x.ctx, &awssynthetics.DescribeCanariesInput{})
				x.must(err)
				if len(out.Canaries) > 20 || len(out.Canaries) < 20 && out.NextToken != nil {
					x.Errorf("%d canaries, more: %v", len(out.Canaries), out.NextToken != nil)
				}
			},
		},
		{
			name: "DescribeCanariesTakesFiveNames", status: confirmed, needs: []subject{canary}, source: "API_DescribeCanaries, Names",
			check: func(x *trial) {
				names := []string{x.id(canary), "a1", "a2", "a3", "a4"}
				out, err := x.synthetics.DescribeCanaries(x.ctx, &awssynthetics.DescribeCanariesInput{Names: names})
				x.must(err)
				if len(out.Canaries) != 1 {
					x.Errorf("%d canaries", len(out.Canaries))
				}
				_, err = x.synthetics.DescribeCanaries(x.ctx, &awssynthetics.DescribeCanariesInput{Names: append(names, "a5")})
				x.refused(err, validation)
			},
		},
		{
			name: "DescribeCanariesShowsAllThatGetCanaryDoes", status: confirmed, needs: []subject{canary}, source: "API_DescribeCanaries",
			check: func(x *trial) {
				out, err := x.synthetics.DescribeCanaries(x.ctx, &awssynthetics.DescribeCanariesInput{Names: []string{x.id(canary)}})
				x.must(err)
				if len(out.Canaries) != 1 || text(out.Canaries[0]) != text(*x.canary(canary)) || len(out.Canaries[0].Tags) == 0 {
					x.Errorf("%s, while GetCanary shows %s", text(out.Canaries), text(x.canary(canary)))
				}
			},
		},
		{
			name: "DescribeCanariesLastRunPagesByAHundred", status: confirmed, needs: []subject{canary}, source: "API model, MaxSize100",
			check: func(x *trial) {
				_, err := x.synthetics.DescribeCanariesLastRun(x.ctx, &awssynthetics.DescribeCanariesLastRunInput{MaxResults: aws.Int32(101)})
				x.refused(err, validation)
				out, err := x.synthetics.DescribeCanariesLastRun(x.ctx, &awssynthetics.DescribeCanariesLastRunInput{Names: []string{x.id(canary)}})
				x.must(err)
				if len(out.CanariesLastRun) != 1 || *out.CanariesLastRun[0].LastRun.Id != *x.ended(canary).Id {
					x.Errorf("%s", text(out.CanariesLastRun))
				}
			},
		},
		{
			name: "GetCanaryRunsPagesByAHundred", status: confirmed, needs: []subject{visualCanary}, source: "API model, MaxSize100",
			check: func(x *trial) {
				get := func(limit int32, token *string) (*awssynthetics.GetCanaryRunsOutput, error) {
					return x.synthetics.GetCanaryRuns(x.ctx, &awssynthetics.GetCanaryRunsInput{
						Name: x.named(visualCanary), MaxResults: &limit, NextToken: token,
					})
				}
				_, err := get(101, nil)
				x.refused(err, validation)
				first, err := get(1, nil)
				x.must(err)
				second, err := get(1, first.NextToken)
				x.must(err)
				if len(first.CanaryRuns) != 1 || len(second.CanaryRuns) != 1 || *first.CanaryRuns[0].Id == *second.CanaryRuns[0].Id {
					x.Errorf("%s and %s", text(first.CanaryRuns), text(second.CanaryRuns))
				}
			},
		},
		{
			name: "RestrictedCallersMustNameTheCanariesTheyMaySee", status: confirmed, mutates: true,
			needs:  []subject{role, canary, readyCanary},
			source: "API_DescribeCanaries: one canary that the caller may not see fails the whole call",
			check:  restrictedCallers,
		},
	}
}

func restrictedCallers(x *trial) {
	x.allowRole(statement{Action: "synthetics:DescribeCanaries", Resource: "arn:aws:synthetics:*:*:canary:" + x.id(canary)})
	restricted := x.as(role, x.caller)
	describe := func(names ...string) error {
		_, err := restricted.synthetics.DescribeCanaries(x.ctx, &awssynthetics.DescribeCanariesInput{Names: names})
		return err
	}
	x.eventually(propagation, "the caller sees its canary", func() bool { return describe(x.id(canary)) == nil })
	x.refused(describe(x.id(canary), x.id(readyCanary)), accessDenied)
	x.refused(describe(), accessDenied)
}
