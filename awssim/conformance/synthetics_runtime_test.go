package conformance

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awssynthetics "github.com/aws/aws-sdk-go-v2/service/synthetics"
	"github.com/aws/aws-sdk-go-v2/service/synthetics/types"
)

const runtimePolicy = "CloudWatch User Guide, runtime versions support policy"

func runtimeFacts() []fact {
	return []fact{
		{
			name: "DeprecationDatesAreDescribed", status: confirmed, source: "API_RuntimeVersion",
			check: func(x *trial) {
				for _, v := range x.runtimes() {
					if v.DeprecationDate != nil {
						return
					}
				}
				x.Error("no runtime version has a deprecation date")
			},
		},
		{
			name: "DeprecatedRuntimeKeepsRunning", status: confirmed, needs: []subject{deprecatedCanary}, source: runtimePolicy,
			check: func(x *trial) {
				if c := x.canary(deprecatedCanary); c.Status.State != types.CanaryStateRunning {
					x.Errorf("%s", text(c.Status))
				}
				x.ended(deprecatedCanary)
			},
		},
		{
			name: "DeprecatedRuntimeCannotBeUpdated", status: confirmed, mutates: true, needs: []subject{deprecatedCanary, key},
			source: runtimePolicy + "; the code is inferred from the message that CreateCanary gives",
			check:  func(x *trial) { x.refused(x.update(deprecatedCanary, x.under(key)), validation) },
		},
		{
			name: "DeprecatedRuntimeIsUpdatedByMovingToASupportedOne", status: confirmed, mutates: true, lasting: true,
			needs: []subject{retiringCanary, key, canary}, source: runtimePolicy,
			check: func(x *trial) {
				in := x.under(key)
				in.RuntimeVersion = x.canary(canary).RuntimeVersion
				if c := x.edit(retiringCanary, in); *c.RuntimeVersion != *in.RuntimeVersion {
					x.Errorf("%s", *c.RuntimeVersion)
				}
			},
		},
		{
			name: "VisualMonitoringNeedsARuntime", status: confirmed, mutates: true, needs: []subject{pythonCanary},
			source: "API_VisualReferenceInput; the code is inferred",
			check: func(x *trial) {
				x.refused(x.update(pythonCanary, &awssynthetics.UpdateCanaryInput{
					VisualReferences: []types.VisualReferenceInput{{BaseCanaryRunId: aws.String(nextrun)}},
				}), validation)
			},
		},
		{
			name: "ArtifactEncryptionIsForPuppeteerOnly", status: unconfirmed, mutates: true, needs: []subject{pythonCanary, key},
			source:   "API_ArtifactConfigInput, which names no other family",
			question: switchOf("encryption_on_puppeteer_only", func(s *settings) *bool { return &s.EncryptionOnPuppeteerOnly }),
			ask:      func(x *trial) bool { return code(x.update(pythonCanary, x.under(key))) == validation },
		},
	}
}

// runtimes are all runtime versions.
func (x *trial) runtimes() []types.RuntimeVersion {
	x.Helper()
	var all []types.RuntimeVersion
	pages := awssynthetics.NewDescribeRuntimeVersionsPaginator(x.synthetics, &awssynthetics.DescribeRuntimeVersionsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(x.ctx)
		x.must(err)
		all = append(all, page.RuntimeVersions...)
	}
	return all
}

const multilocation = "CloudWatch User Guide, managing multilocation canaries"

func locationFacts() []fact {
	return []fact{
		{
			name: "ReplicaIsShownWithItsPrimary", status: confirmed, needs: []subject{replicaCanary}, source: "API model, MultiLocationConfig",
			check: func(x *trial) {
				if m := x.canary(replicaCanary).MultiLocationConfig; m == nil || m.LocationType != types.LocationTypeReplica || aws.ToString(m.PrimaryLocation) == "" {
					x.Errorf("%s", text(m))
				}
			},
		},
		{
			name: "ReplicaRefusesChanges", status: confirmed, mutates: true, needs: []subject{replicaCanary, key},
			source: multilocation + "; the code is unconfirmed",
			check: func(x *trial) {
				x.refused(x.update(replicaCanary, x.under(key)), conflict, validation)
				x.refused(x.stop(replicaCanary), conflict, validation)
			},
		},
		{
			name: "ReplicaRunsLieInAFolderOfTheirRegion", status: confirmed, needs: []subject{replicaCanary},
			source: "CloudWatch User Guide, monitoring multilocation canaries",
			check: func(x *trial) {
				expectFolder(x, replicaCanary, `\d{4}/\d\d/\d\d/\d\d/`+x.config.Region+`/\d\d-\d\d-\d{3}`)
			},
		},
		{
			name: "ReplicatingPrimaryRefusesChanges", status: confirmed, mutates: true, needs: []subject{replicating, key},
			source: multilocation + "; the code is inferred",
			check:  func(x *trial) { x.refused(x.update(replicating, x.under(key)), conflict) },
		},
	}
}
