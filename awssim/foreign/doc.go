// Package foreign drives the simulated AWS with clients that nobody wrote for it: the aws CLI, through the
// scripts in testdata/cli, and boto3, through testdata/story.py. They check signatures, wire formats and error
// shapes from the other side, with code that shares nothing with awssim and little with the SDK for Go.
//
// The project needs neither client: the tests are skipped where one isn't installed.
package foreign
