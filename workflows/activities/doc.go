// Package activities holds no code: each concern has a package below it. What is here are the tests of all of
// them against the simulated AWS, over HTTP, with no more permission than deploy/member-role-policy.json gives.
package activities
