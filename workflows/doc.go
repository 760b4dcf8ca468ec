// Package workflows is the contract between those who start rekey's workflows and those who run them: names,
// ids, inputs, what queries answer, states and reasons. It imports nothing but the standard library, so that
// the gRPC server can speak to the workflows without linking them, or the AWS SDK.
//
// What is declared here is stored in workflow histories. It evolves additively: fields are added, never
// renamed or given another meaning.
package workflows
