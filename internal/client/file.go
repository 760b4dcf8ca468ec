package client

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/goccy/go-yaml"
)

// DefaultFile is where a user's configuration is looked for: rekey/config.yaml in the user's directory for such files.
func DefaultFile() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "rekey", "config.yaml"), nil
}

// ReadFile reads a configuration. Without a path it reads DefaultFile, and nothing where there is none.
func ReadFile(path string) (Config, error) {
	var c Config
	named := path != ""
	if !named {
		var err error
		if path, err = DefaultFile(); err != nil {
			return c, nil //nolint:nilerr // a machine without such a directory has no such file
		}
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) && !named {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("the configuration file: %w", err)
	}
	if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil {
		return c, fmt.Errorf("the configuration file %s: %w", path, err)
	}
	return c, nil
}

// Or fills in what is not set from another configuration.
func (c Config) Or(other Config) Config {
	for _, field := range []struct{ to, from *string }{
		{&c.Endpoint, &other.Endpoint},
		{&c.CA, &other.CA},
		{&c.Cert, &other.Cert},
		{&c.Key, &other.Key},
		{&c.ServerName, &other.ServerName},
		{&c.Caller, &other.Caller},
	} {
		if *field.to == "" {
			*field.to = *field.from
		}
	}
	c.TLS, c.Insecure = c.TLS || other.TLS, c.Insecure || other.Insecure
	return c
}
