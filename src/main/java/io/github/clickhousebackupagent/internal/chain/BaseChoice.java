package io.github.clickhousebackupagent.internal.chain;

import io.github.clickhousebackupagent.config.BackupKind;
import java.util.Optional;

/**
 * What a run is to make: which kind, on which base.
 *
 * @param kind the kind after all; a DIFF may have become a FULL
 * @param base what the upload is an increment on
 * @param warning why it is not as was asked for; null where it is
 */
public record BaseChoice(BackupKind kind, Base base, String warning) {

    /** Returns why it is not as was asked for, if so. */
    public Optional<String> reason() {
        return Optional.ofNullable(warning);
    }
}
