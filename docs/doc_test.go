// Package docs holds the pages against what they speak of: their transcripts are run, the tests that they name are
// looked for, and so are the flags of the programs and the files that they link to.
package docs
