package io.github.clickhousebackupagent.internal.hook;

/** A check that a user hooked in is against it that the run goes on, or gave no answer. */
public final class HookException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param message point, route and reason, for people
     */
    public HookException(String message) {
        super(message);
    }
}
