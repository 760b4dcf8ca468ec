package load

import (
	"context"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	rekeyv1 "rekey/gen/rekey/v1"
)

// attack is one kind of hostile input.
type attack struct {
	name string
	// want are the codes that are right for it.
	want []codes.Code
	// do does it, and ends with what the server answered.
	do func(ctx context.Context, b *bench) error
}

// attackFor is how long an attack may last, and recoverIn how long after it the server may take to serve others as before.
const (
	attackFor = 30 * time.Second
	recoverIn = 20 * time.Second
)

// Attack is what became of hostile input.
type Attack struct {
	Name string `json:"name"`
	Code string `json:"code"`
	// Right says that the code was the right one, Recovered that others were served afterwards, and after how long.
	Right     bool    `json:"right"`
	Recovered bool    `json:"recovered"`
	After     float64 `json:"recovered_ms"`
	// Memory is the server's resident memory right after, in MiB.
	Memory float64 `json:"memory_mb"`
}

// attacks are all kinds, in their order.
func attacks() []attack { return slices.Concat(messages(), floods(), strangers()) }

// attack does everything hostile, one thing after the other.
func (b *bench) attack(ctx context.Context) error {
	for _, a := range attacks() {
		attacking, cancel := context.WithTimeout(ctx, attackFor)
		code := status.Code(a.do(attacking, b))
		cancel()
		if err := ctx.Err(); err != nil {
			return err
		}
		result := Attack{Name: a.name, Code: code.String(), Right: slices.Contains(a.want, code)}
		result.Memory, _ = b.serverMemory()
		began := time.Now()
		result.Recovered = b.recovers(ctx) == nil
		result.After = milliseconds(time.Since(began))
		b.result.Hostile = append(b.result.Hostile, result)
		if err := b.ground.Stack.Err(); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return nil
}

// recovers waits until a new connection is served as before.
func (b *bench) recovers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, recoverIn)
	defer cancel()
	for {
		err := b.served(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if err := wait(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func (b *bench) served(ctx context.Context) error {
	c, err := b.dial()
	if err != nil {
		return err
	}
	defer func() { _ = c.conn.Close() }()
	if err := checkHealth(ctx, c); err != nil {
		return err
	}
	_, err = c.migrations.GetMigration(ctx, &rekeyv1.GetMigrationRequest{MigrationId: b.id})
	return err
}
