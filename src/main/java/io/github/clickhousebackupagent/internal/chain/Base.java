package io.github.clickhousebackupagent.internal.chain;

/**
 * What an upload is an increment on.
 *
 * @param name the base's name; null for a complete upload
 * @param local whether the base is on the server's disk too, which is what {@code diff-from} needs;
 *     else only {@code diff-from-remote} works
 */
public record Base(String name, boolean local) {

    /** No base: everything is uploaded. */
    public static final Base NONE = new Base(null, false);

    /** Returns whether there is a base at all. */
    public boolean present() {
        return name != null;
    }
}
