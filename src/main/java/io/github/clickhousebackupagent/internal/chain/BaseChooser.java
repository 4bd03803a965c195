package io.github.clickhousebackupagent.internal.chain;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.BasePolicy;
import io.github.clickhousebackupagent.config.NoBasePolicy;
import java.util.Optional;

/**
 * Chooses what a backup is based on. Stateless.
 *
 * @param policy which backup a DIFF is an increment on
 * @param maxLength how many backups a chain may have; 0 is no limit
 * @param whenNone what a DIFF does that has no base
 */
public record BaseChooser(BasePolicy policy, int maxLength, NoBasePolicy whenNone) {

    /**
     * Chooses the base of a backup.
     *
     * @param kind what was asked for
     * @param marker the name of the last proven backup, if there is one
     * @param remote what is on remote storage: the base must be there, and its chain whole
     * @param local what is on the server's disk
     * @throws NoBaseException if there is none, and the policy is to fail then
     */
    public BaseChoice choose(
            BackupKind kind, Optional<String> marker, Backups remote, Backups local) {
        if (kind == BackupKind.FULL) {
            return new BaseChoice(BackupKind.FULL, Base.NONE, null);
        }
        if (marker.isEmpty()) {
            return without("there is no backup to base it on yet: take a FULL first");
        }
        Chain chain;
        try {
            chain = remote.chain(marker.get());
        } catch (BrokenChainException e) {
            // A server whose storage is out of reach lists nothing, and calls that success.
            return without(
                    remote.isEmpty()
                            ? "the remote list is empty, although the marker names "
                                    + marker.get()
                                    + " (is the storage within reach?)"
                            : e.getMessage());
        }
        String base = policy == BasePolicy.PREVIOUS ? marker.get() : chain.full();
        int length = remote.chain(base).length() + 1;
        if (maxLength > 0 && length > maxLength) {
            return new BaseChoice(
                    BackupKind.FULL,
                    Base.NONE,
                    "its chain would have %d backups, more than max-chain-length %d: it becomes a FULL"
                            .formatted(length, maxLength));
        }
        return new BaseChoice(BackupKind.DIFF, new Base(base, local.hasWhole(base)), null);
    }

    private BaseChoice without(String reason) {
        return switch (whenNone) {
            case FULL_UPLOAD ->
                    new BaseChoice(
                            BackupKind.DIFF,
                            Base.NONE,
                            "No base: " + reason + "; it is uploaded complete");
            case PROMOTE_TO_FULL ->
                    new BaseChoice(
                            BackupKind.FULL,
                            Base.NONE,
                            "No base: " + reason + "; it becomes a FULL");
            case FAIL -> throw new NoBaseException("no base: " + reason);
        };
    }
}
