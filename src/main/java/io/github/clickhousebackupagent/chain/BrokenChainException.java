package io.github.clickhousebackupagent.chain;

/** A backup cannot be restored, as something that it needs is missing or broken. */
public final class BrokenChainException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    BrokenChainException(String backup, String reason) {
        super("the chain of " + backup + " is not whole: " + reason);
    }
}
