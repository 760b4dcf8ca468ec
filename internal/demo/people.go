package demo

import (
	"errors"
	"fmt"

	"rekey/internal/client"
)

// Who calls. No certificate says so here: the server was started for development, and believes the metadata key.
const (
	creator = "pipeline"
	onCall  = "olga"
)

// approvers are as many as the approval policy asks for.
var approvers = []string{"anna", "ben"}

// people are those who call, each with a connection of their own.
type people map[string]*client.Client

// dial connects everybody.
func dial(endpoint string) (people, error) {
	p := people{}
	for _, name := range append([]string{creator, onCall}, approvers...) {
		c, err := client.Dial(client.Config{Endpoint: endpoint, Caller: name, Patience: client.DefaultPatience})
		if err != nil {
			return nil, errors.Join(fmt.Errorf("client of rekey-server: %w", err), p.close())
		}
		p[name] = c
	}
	return p, nil
}

func (p people) close() error {
	var errs []error
	for _, c := range p {
		errs = append(errs, c.Close())
	}
	return errors.Join(errs...)
}
