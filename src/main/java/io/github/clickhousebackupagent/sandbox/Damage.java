package io.github.clickhousebackupagent.sandbox;

/** What can be wrong with a backup in remote storage although its upload succeeded. */
public enum Damage {
    /** The list describes it as {@code broken (can't stat metadata.json)}. */
    BROKEN,
    /** The list does not have it. */
    ABSENT,
    /** The list has it with a size of 0, which the server leaves out of the answer. */
    EMPTY
}
