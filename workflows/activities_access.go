package workflows

import "time"

// EnsureAccessInput asks that an access change be there: a grant of its name, a role policy of its name, or existing
// access that is still effective. (Key policies go through EditKeyPolicy.) A change whose Document is set is put back as
// it was. What is there already is not made again.
type EnsureAccessInput struct {
	Cell   Cell         `json:"cell"`
	Change AccessChange `json:"change"`
	// Settle is the age (on AWS's clock) from which the access is taken to be effective.
	Settle time.Duration `json:"settle"`
	Poll   Poll          `json:"poll"`
	// By is on whose behalf; nobody's where removed access is given again, which no pause holds.
	By Subject `json:"by,omitzero"`
}

// Effective is access that is there. Since is when it was made, on AWS's clock (the time of the look, where that is not
// told); Rest is how much of the settling time is left (in AWS's time), none when zero.
type Effective struct {
	Change AccessChange  `json:"change"`
	Since  time.Time     `json:"since"`
	Rest   time.Duration `json:"rest,omitempty"`
}

// RevokeInput asks that the listed access of each pair be removed where no canary of the account needs the pair
// any more. It is called under the registry's leases on the pairs. Until the removal can be read back, and while a run
// that began under the old settings is in flight, it ends with NotYet; a Poll that says nothing means every five seconds.
type RevokeInput struct {
	Cell  Cell         `json:"cell"`
	Pairs []RevokePair `json:"pairs"`
	Poll  Poll         `json:"poll,omitzero"`
	By    Subject      `json:"by,omitzero"`
	// Of are the canaries whose access it is: a pause of any of them holds it too.
	Of []Subject `json:"of,omitempty"`
	// Asked is when the removal was asked for first, on Temporal's clock, where a pause ended an earlier activity of it; zero
	// means by this activity.
	Asked time.Time `json:"asked,omitzero"`
	// Partly asks for an answer of what was removed where a pause holds the rest: such pairs are held with PAUSED. Without it a
	// pause ends the activity.
	Partly bool `json:"partly,omitempty"`
}

// RevokePair is a role and a key, with the access to remove. A grant without an id is the one of its name.
type RevokePair struct {
	Pair    Pair           `json:"pair"`
	Changes []AccessChange `json:"changes"`
	// Rebased are the ids of canaries whose baseline the migration knows not to need the pair. Any other canary of the role
	// with visual monitoring needs it unless its baseline is seen to be under another key (or not in that location).
	Rebased []string `json:"rebased,omitempty"`
	// Settled is when the migration saw the latest update of its canaries settled, by their ids, on AWS's clock. Of others
	// it is only known when they were edited.
	Settled map[string]time.Time `json:"settled,omitempty"`
	// Quiet are the ids of those of which it has seen since that no run goes on that began before.
	Quiet []string `json:"quiet,omitempty"`
	// Needed is why a canary of the migration still needs the pair; such a pair is only held.
	Needed *Problem `json:"needed,omitempty"`
	// Withdraw says that new access is taken back: consumers are those of the pair all the same.
	Withdraw bool `json:"withdraw,omitempty"`
}

// RevokeResult is what became of a pair: revoked, or held because of a problem. What was gone by then is among the
// revoked either way. Statements are the key policy changes that may go now: the key's workflow removes them, under the
// same lease. At is a time on AWS's clock before anything of it was removed.
type RevokeResult struct {
	Pair       Pair           `json:"pair"`
	Revoked    []AccessChange `json:"revoked,omitempty"`
	Statements []AccessChange `json:"statements,omitempty"`
	Held       *Problem       `json:"held,omitempty"`
	At         time.Time      `json:"at,omitzero"`
}

// AwaitDenialInput asks whether a run of a canary of the pairs' roles, in any Region of the account, was denied
// something since access was removed. While none was, it ends with NotYet.
type AwaitDenialInput struct {
	Cell  Cell        `json:"cell"`
	Pairs []WatchPair `json:"pairs"`
	Poll  Poll        `json:"poll"`
	// Last says that the watch is over: what can't be read after a few attempts is not waited for any longer.
	Last bool `json:"last,omitempty"`
}

// WatchPair is a pair whose access was removed at that instant on AWS's clock.
type WatchPair struct {
	Pair  Pair      `json:"pair"`
	Since time.Time `json:"since"`
}

// Denial is a run that was denied something after access of the pair had been removed.
type Denial struct {
	Pair    Pair     `json:"pair"`
	Problem *Problem `json:"problem"`
}

// KeyEdit asks for roles to be, or not to be, among the principals of rekey's statement in a key's policy. Foreign edits
// name a statement that rekey does not own (Change.Foreign): it is removed, or put back as Change.Document has it.
type KeyEdit struct {
	// Account is the key's, whose credentials write its policy (KMS API, PutKeyPolicy: same account only).
	Account string        `json:"account"`
	Change  AccessChange  `json:"change"`
	Present bool          `json:"present"`
	Settle  time.Duration `json:"settle"`
	Poll    Poll          `json:"poll"`
	By      Subject       `json:"by,omitzero"`
}

// KeyPolicyInput asks for one write of a key's policy that carries out all edits.
type KeyPolicyInput struct {
	KeyARN string    `json:"key_arn"`
	Edits  []KeyEdit `json:"edits"`
}

// KeyPolicyResult is what became of the edits, in their order: nil where the policy is as wanted. Dated is when, on AWS's
// clock, that was read back.
type KeyPolicyResult struct {
	Problems []*Problem `json:"problems"`
	Dated    time.Time  `json:"dated"`
}
