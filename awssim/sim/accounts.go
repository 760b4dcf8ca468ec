package sim

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"rekey/awssim/organizations"
)

// seedAccounts builds the organization, with its units from the accounts' paths, and enables the Regions.
func (s *Sim) seedAccounts() error {
	names, org := s.Fleet.Names(), s.Fleet.Organization
	management := org.Management
	if management == "" {
		management = s.Fleet.Accounts[0].ID
	}
	s.World.Organizations.SetManagement(names.Account(management))
	for _, a := range org.DelegatedAdministrators {
		s.World.Organizations.Delegate(names.Account(a))
	}
	for _, a := range s.Fleet.Accounts {
		parent, err := s.unit(a.Unit)
		if err != nil {
			return err
		}
		err = s.World.Organizations.AddAccount(organizations.Account{
			ID: a.ID, Name: a.Name, Email: a.Name + "@example.com", State: a.State, Parent: parent,
			Joined: s.start.AddDate(-1, 0, 0),
		})
		if err != nil {
			return err
		}
		s.World.Account.Enable(a.ID, a.Regions...)
	}
	return s.seedControlPolicies()
}

// unit makes the organizational units of a path, as far as they don't exist, and returns the last one's id.
func (s *Sim) unit(path string) (string, error) {
	parent, walked := "", ""
	if path == "" {
		return parent, nil
	}
	for name := range strings.SplitSeq(path, "/") {
		walked += "/" + name
		id := unitID(walked)
		if !s.units[id] {
			if err := s.World.Organizations.AddUnit(organizations.Unit{ID: id, Name: name, Parent: parent}); err != nil {
				return "", err
			}
			s.units[id] = true
		}
		parent = id
	}
	return parent, nil
}

// unitID follows from the unit's path.
func unitID(path string) string {
	sum := sha256.Sum256([]byte(path))
	return "ou-sim1-" + hex.EncodeToString(sum[:4])
}

// UnitID is the id of the organizational unit of a path such as "Workloads/Shop".
func UnitID(path string) string { return unitID("/" + strings.Trim(path, "/")) }

func (s *Sim) seedControlPolicies() error {
	byTarget := map[string][]string{}
	names := s.Fleet.Names()
	for _, p := range s.Fleet.Organization.Policies {
		target := names.Account(p.Target)
		switch {
		case p.Target == "root":
			target = organizations.RootID
		case target == "":
			target = UnitID(p.Target)
		}
		byTarget[target] = append(byTarget[target], string(p.Policy))
	}
	for target, docs := range byTarget {
		if err := s.World.Organizations.SetPolicies(target, docs...); err != nil {
			return err
		}
	}
	return nil
}
