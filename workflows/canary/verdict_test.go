package canary

import (
	"testing"

	"rekey/workflows"
)

func TestJudge(t *testing.T) {
	const denied = "Unable to upload artifacts to S3: Access Denied"
	passed := workflows.Run{State: "PASSED", TestResult: "PASSED"}
	siteDown := workflows.Run{State: "FAILED", ReasonCode: "CANARY_FAILURE", TestResult: "FAILED", Reason: "net::ERR_CONNECTION_REFUSED"}
	noUpload := workflows.Run{State: "FAILED", ReasonCode: "EXECUTION_FAILURE", TestResult: "PASSED", Reason: denied}
	unnamed := workflows.Run{State: "FAILED", ReasonCode: "EXECUTION_FAILURE", TestResult: "PASSED", Reason: "the upload timed out"}

	for name, tc := range map[string]struct {
		run     workflows.Run
		finding workflows.Finding
		earlier int
		want    Verdict
	}{
		"passed, right key":                              {passed, workflows.RightKey, 0, Verified},
		"passed, old key: an old-configuration run":      {passed, workflows.WrongKey, 0, NotYet},
		"passed, no object: a status is no proof":        {passed, workflows.NoObject, 0, Inconclusive},
		"passed, not readable":                           {passed, workflows.NotReadable, 0, Inconclusive},
		"site down, right key: the key is proven":        {siteDown, workflows.RightKey, 0, Verified},
		"site down, old key":                             {siteDown, workflows.WrongKey, 0, NotYet},
		"site down, no object: may hide an upload":       {siteDown, workflows.NoObject, 0, Inconclusive},
		"denied, no object":                              {noUpload, workflows.NoObject, 0, AccessProblem},
		"denied, right key: writes, but can't read":      {noUpload, workflows.RightKey, 0, AccessProblem},
		"denied, old key: the old settings are at fault": {noUpload, workflows.WrongKey, 0, NotYet},
		"unnamed failure, first time":                    {unnamed, workflows.NoObject, 0, Inconclusive},
		"unnamed failure, again":                         {unnamed, workflows.NoObject, 1, AccessProblem},
		"unnamed failure, but the objects are there":     {unnamed, workflows.RightKey, 1, Verified},
		"unnamed failure, objects could not be read":     {unnamed, workflows.NotReadable, 1, Inconclusive},
		"site down again and again says nothing of key":  {siteDown, workflows.NoObject, 5, Inconclusive},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Judge(workflows.RunProof{Run: tc.run, Finding: tc.finding}, tc.earlier); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}
