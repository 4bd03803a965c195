package io.github.clickhousebackupagent.internal.chain;

/** A backup does not count: what should prove it is missing. */
public final class ProofException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ProofException(String backup, String reason) {
        super(backup + " is not proven: " + reason);
    }
}
