// Package roles says who may do what, in which accounts: a small table, read once from a file.
package roles

// Role is what somebody may do.
type Role string

// The roles. Who has any of them may read, too.
const (
	Reader   Role = "reader"   // look at migrations, canaries and the fleet
	Creator  Role = "creator"  // create migrations
	Approver Role = "approver" // approve plans
	Operator Role = "operator" // steer migrations: every other verb
)

// All are the roles.
func All() []Role { return []Role{Reader, Creator, Approver, Operator} }

// gives reports whether who has one role may do what another is for.
func (r Role) gives(wanted Role) bool { return r == wanted || wanted == Reader }
