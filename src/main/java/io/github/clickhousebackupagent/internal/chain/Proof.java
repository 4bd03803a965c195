package io.github.clickhousebackupagent.internal.chain;

import io.github.clickhousebackupagent.api.BackupItem;

/**
 * That a backup counts: it is in the remote list, can be restored, and so can all that it needs.
 *
 * @param backup the backup's name
 * @param size bytes on remote storage
 * @param chainLength how many backups a restore needs, itself included
 */
public record Proof(String backup, long size, int chainLength) {

    /**
     * Proves a backup of which is not known what it was uploaded as an increment on.
     *
     * @param remote the list of remote backups
     * @throws ProofException if anything is missing
     */
    public static Proof of(String backup, Backups remote) {
        String required = remote.find(backup).map(BackupItem::required).orElse("");
        return of(backup, required.isEmpty() ? Base.NONE : new Base(required, false), remote);
    }

    /**
     * Proves a backup.
     *
     * @param expected what it was uploaded as an increment on
     * @param remote the list of remote backups, asked for after the upload's end
     * @throws ProofException if anything is missing
     */
    public static Proof of(String backup, Base expected, Backups remote) {
        BackupItem item =
                remote.find(backup)
                        .orElseThrow(
                                () -> new ProofException(backup, "it is not in the remote list"));
        if (item.broken()) {
            throw new ProofException(backup, "the remote list says: " + item.description());
        }
        if (item.size() <= 0) {
            throw new ProofException(backup, "its size is " + item.size());
        }
        String wanted = expected.present() ? expected.name() : "";
        if (!wanted.equals(item.required())) {
            throw new ProofException(
                    backup,
                    "its base should be %s, and is %s"
                            .formatted(orNone(wanted), orNone(item.required())));
        }
        try {
            return new Proof(backup, item.size(), remote.chain(backup).length());
        } catch (BrokenChainException e) {
            throw new ProofException(backup, e.getMessage());
        }
    }

    private static String orNone(String name) {
        return name.isEmpty() ? "none" : name;
    }
}
