package sim

import (
	"rekey/awssim"
	"rekey/awssim/fleet"
	"rekey/awssim/verdict"
)

// seed fills the world, freezes it, and only then adds the canaries, whose first runs already leave traces.
func (s *Sim) seed(c *fleet.Contents) error {
	if err := s.seedAccounts(); err != nil {
		return err
	}
	for _, u := range c.Users {
		if err := s.World.IAM.AddUser(u); err != nil {
			return err
		}
	}
	for _, r := range c.Roles {
		if err := s.World.IAM.AddRole(r); err != nil {
			return err
		}
	}
	for _, k := range c.Keys {
		if err := s.World.KMS.AddKey(k); err != nil {
			return err
		}
	}
	for _, g := range c.Grants {
		if err := s.World.KMS.AddGrant(g.Key, g.Grant); err != nil {
			return err
		}
	}
	for _, b := range c.Buckets {
		if err := s.World.S3.AddBucket(b); err != nil {
			return err
		}
	}
	s.frozen = s.World.Freeze()
	for _, k := range c.Canaries {
		if err := s.Synthetics.Add(k); err != nil {
			return err
		}
	}
	for _, i := range s.Synthetics.Initials() {
		s.initial = append(s.initial, verdict.Canary(i))
	}
	return nil
}

func worldSettings(f *fleet.Fleet) awssim.Settings {
	w := f.World
	return awssim.Settings{
		GrantPropagation: w.GrantPropagation, RevocationLinger: w.RevocationLinger, IAMPropagation: w.IAMPropagation,
		GrantQuota: w.GrantQuota, GrantFromOwnerAccountSuffices: w.GrantFromOwnerAccountSuffices,
		GrantsIgnoreBoundary: w.GrantsIgnoreBoundary, GrantsSurviveRoleRecreation: w.GrantsSurviveRoleRecreation,
		BucketKeyCache: w.BucketKeyCache, AccountStatus: w.AccountStatus, EmptyPages: w.EmptyPages,
		Seed: f.Seed,
	}
}
