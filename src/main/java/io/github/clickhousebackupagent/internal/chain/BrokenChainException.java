package io.github.clickhousebackupagent.internal.chain;

/** A backup cannot be restored, as something that it needs is missing or broken. */
public final class BrokenChainException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String reason;

    BrokenChainException(String backup, String reason) {
        super("the chain of " + backup + " is not whole: " + reason);
        this.reason = reason;
    }

    /** Returns what is missing or broken, without whose chain it is. */
    public String reason() {
        return reason;
    }
}
