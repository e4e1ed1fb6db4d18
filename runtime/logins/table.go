package logins

import (
	"encoding/json"
	"maps"
	"slices"
)

// The keys of a table: a key for the hashes, and each account as JSON by place and
// name, so that one that changes is one small write.
const (
	keyHashes   = "key"
	keyAccounts = "accounts"
)

// readTable is read for a cluster.
func (b *Book) readTable() *page {
	p := new(page)
	p.Key, _ = b.table.Copy([]any{keyHashes}).(string)
	rows, _ := b.table.Copy([]any{keyAccounts}).(map[any]any)
	texts := make(map[string]string)
	for key, text := range rows {
		name, _ := key.(string)
		texts[name], _ = text.(string)
	}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		r := new(refusal)
		if json.Unmarshal([]byte(texts[name]), r) == nil {
			p.Accounts = append(p.Accounts, r)
		}
	}
	return p
}

// writeTable is write for a cluster.
func (b *Book) writeTable(p *page) error {
	rows, ok := b.table.Copy([]any{keyAccounts}).(map[any]any)
	if !ok {
		if err := b.table.Set([]any{keyAccounts}, map[any]any{}); err != nil {
			return err
		}
	}
	if err := b.table.Set([]any{keyHashes}, p.Key); err != nil {
		return err
	}
	for _, r := range p.Accounts {
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if err := b.table.Set([]any{keyAccounts, r.name()}, string(text)); err != nil {
			return err
		}
		delete(rows, r.name())
	}
	for name := range rows {
		if err := b.table.Set([]any{keyAccounts, name}, nil); err != nil {
			return err
		}
	}
	return nil
}

// name tells accounts apart. A key of the state has at most 256 bytes.
func (r *refusal) name() string {
	name := r.Place + " " + r.Username
	return name[:min(len(name), 256)]
}
