// Package request reads what people write on a command line or in a file into requests of the API: parts, waves, budgets,
// words of enums, and whole specs. It checks how a thing is written; what it may be is checked by the server.
package request

import (
	"fmt"
	"strconv"
	"strings"

	rekeyv1 "rekey/gen/rekey/v1"
)

// Part is a wave ("3"), a cell ("account/region") or a canary ("account/region/name"); of the three at most one may be
// given. Without any it is nil, the whole migration.
func Part(wave, cell, canary string) (*rekeyv1.Part, error) {
	given := 0
	for _, text := range []string{wave, cell, canary} {
		if text != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return nil, fmt.Errorf("a wave, a cell and a canary exclude each other: name one of them, or none for the whole migration")
	case wave != "":
		n, err := WaveNumber(wave)
		return &rekeyv1.Part{Part: &rekeyv1.Part_Wave{Wave: n}}, err
	case cell != "":
		c, err := Cell(cell)
		return &rekeyv1.Part{Part: &rekeyv1.Part_Cell{Cell: c}}, err
	case canary != "":
		c, err := CanaryName(canary)
		return &rekeyv1.Part{Part: &rekeyv1.Part_Canary{Canary: c}}, err
	}
	return nil, nil //nolint:nilnil // no part is the whole
}

// WaveNumber reads the number of a wave.
func WaveNumber(text string) (int32, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is not the number of a wave: 0, 1, 2, …", text)
	}
	return int32(n), nil //nolint:gosec // of 31 bits
}

// Cell reads "account/region".
func Cell(text string) (*rekeyv1.Cell, error) {
	fields := strings.Split(text, "/")
	if len(fields) != 2 || fields[0] == "" || fields[1] == "" {
		return nil, fmt.Errorf("%q is not a cell: write account/region, for example 111122223333/eu-west-1", text)
	}
	return &rekeyv1.Cell{AccountId: fields[0], Region: fields[1]}, nil
}

// CanaryName reads "account/region/name".
func CanaryName(text string) (*rekeyv1.CanaryName, error) {
	fields := strings.Split(text, "/")
	if len(fields) != 3 || fields[0] == "" || fields[1] == "" || fields[2] == "" {
		return nil, fmt.Errorf("%q is not a canary: write account/region/name, for example 111122223333/eu-west-1/checkout", text)
	}
	return &rekeyv1.CanaryName{AccountId: fields[0], Region: fields[1], CanaryName: fields[2]}, nil
}
