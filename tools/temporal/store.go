package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"strconv"

	"go.temporal.io/server/common/config"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"go.temporal.io/server/schema/sqlite"
)

// storeName is the one data store, for executions and visibility alike.
const storeName = "sqlite"

// openStore returns the configuration of a database that has its schema and its namespaces.
//
// The functions of schema/sqlite may change with any release of the server: they are called from this
// file only. A namespace that is in the file already is left as it is, search attributes included.
func openStore(o options) (*config.SQL, error) {
	store := sqlConfig(o)
	if o.dbFile != "" {
		if err := setUpFile(o.dbFile, store); err != nil {
			return nil, err
		}
	}
	attributes, err := o.searchAttributes()
	if err != nil {
		return nil, err
	}
	for _, name := range o.namespaces {
		namespace, err := sqlite.NewNamespaceConfig(clusterName, name, false, attributes)
		if err != nil {
			return nil, fmt.Errorf("describing namespace %s: %w", name, err)
		}
		if err := sqlite.CreateNamespaces(store, namespace); err != nil {
			return nil, fmt.Errorf("creating namespace %s: %w", name, err)
		}
	}
	return store, nil
}

// sqlConfig describes the database: in memory under a name of its own, or in a file.
//
// One connection, the plugin's default, is also the fastest: with more, writers meet a locked database.
func sqlConfig(o options) *config.SQL {
	if o.dbFile == "" {
		return &config.SQL{
			PluginName:        sqliteplugin.PluginName,
			DatabaseName:      strconv.FormatUint(rand.Uint64(), 36),
			ConnectAttributes: map[string]string{"mode": "memory", "cache": "shared"},
		}
	}
	// Pragmas are named bare: with a leading underscore they would be ignored without a word. A write-ahead
	// log makes the file four times faster, and still survives the end of the process at any moment.
	attributes := map[string]string{"mode": "rwc", "journal_mode": "wal", "synchronous": "normal"}
	maps.Copy(attributes, o.pragmas)
	return &config.SQL{
		PluginName:        sqliteplugin.PluginName,
		DatabaseName:      o.dbFile,
		ConnectAttributes: attributes,
	}
}

// setUpFile creates the schema in a file that does not exist yet.
func setUpFile(file string, store *config.SQL) error {
	_, err := os.Stat(file)
	if err == nil {
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("opening the database: %w", err)
	}
	if err := sqlite.SetupSchema(store); err != nil {
		return fmt.Errorf("creating the schema in %s: %w", file, err)
	}
	return nil
}
