package io.github.clickhousebackupagent.internal.marker;

import java.nio.file.Path;

/** A marker cannot be read or written. */
public final class MarkerException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    MarkerException(Path file, Throwable cause) {
        super(file + ": cannot be read or written: " + cause, cause);
    }
}
