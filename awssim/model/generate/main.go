// Command generate derives the constraints of awssim's inputs from the API models that botocore carries, which
// are AWS's own. It is run by hand when a newer model is wanted; nothing else needs botocore.
//
//	go run ./awssim/model/generate -data .../botocore/data -out awssim/model/constraints.json
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"

	"rekey/awssim/model"
)

// served are the operations that awssim answers, by service and version of its API. S3 has nearly nothing in its
// model, and checks its requests itself.
var served = []struct {
	service, version string
	operations       []string
}{
	{"account", "2021-02-01", []string{"ListRegions"}},
	{"iam", "2010-05-08", []string{
		"DeleteRolePolicy", "GetAccountAuthorizationDetails", "GetRole", "GetRolePolicy", "ListRolePolicies", "PutRolePolicy",
	}},
	{"kms", "2014-11-01", []string{
		"CreateGrant", "Decrypt", "DescribeKey", "GenerateDataKey", "GetKeyPolicy", "ListAliases", "ListGrants", "PutKeyPolicy",
		"RetireGrant", "RevokeGrant",
	}},
	{"organizations", "2016-11-28", []string{
		"DescribeAccount", "ListAccounts", "ListAccountsForParent", "ListOrganizationalUnitsForParent", "ListParents",
		"ListRoots",
	}},
	{"sts", "2011-06-15", []string{"AssumeRole", "GetCallerIdentity"}},
	{"synthetics", "2017-10-11", []string{
		"DescribeCanaries", "DescribeCanariesLastRun", "DescribeRuntimeVersions", "GetCanary", "GetCanaryRuns", "StartCanary",
		"StartCanaryDryRun", "StopCanary", "UpdateCanary",
	}},
}

func main() {
	data := flag.String("data", "", "botocore's data directory")
	out := flag.String("out", "constraints.json", "where to write the constraints")
	flag.Parse()
	if err := run(*data, *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(data, out string) error {
	version, err := versionOf(data)
	if err != nil {
		return err
	}
	table := model.Table{Source: "botocore " + version, Services: map[string]map[string]model.Constraints{}}
	for _, s := range served {
		api, err := read(filepath.Join(data, s.service, s.version, "service-2.json"))
		if err != nil {
			return err
		}
		operations := map[string]model.Constraints{}
		for _, name := range s.operations {
			if operations[name], err = api.constraints(name); err != nil {
				return fmt.Errorf("%s: %w", s.service, err)
			}
		}
		table.Services[s.service] = operations
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(table); err != nil {
		return err
	}
	return os.WriteFile(out, text.Bytes(), 0o644)
}

var versionLine = regexp.MustCompile(`(?m)^__version__ = ['"](.*)['"]$`)

// versionOf is botocore's version, which the file beside its data names.
func versionOf(data string) (string, error) {
	text, err := os.ReadFile(filepath.Join(data, "..", "__init__.py"))
	if err != nil {
		return "", err
	}
	found := versionLine.FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("no version beside %s", data)
	}
	return string(found[1]), nil
}

// read reads a model, which newer releases pack.
func read(path string) (*api, error) {
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		text, err = unpack(path + ".gz")
	}
	if err != nil {
		return nil, err
	}
	var a api
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &a, nil
}

func unpack(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
