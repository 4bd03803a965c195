package io.github.clickhousebackupagent.sandbox;

/** The versions of clickhouse-backup whose answers were recorded and are played. */
public enum ServerVersion {
    /** 2.4.0: no operation ids, no {@code /backup/version}, no {@code create_remote}. */
    V2_4("2.4.0"),
    /**
     * 2.8.0: operation ids, {@code create_remote} and {@code restore_remote}, data sizes in lists.
     */
    V2_8("2.8.0");

    private final String text;

    ServerVersion(String text) {
        this.text = text;
    }

    /** The version as the project writes it, such as {@code 2.8.0}. */
    public String text() {
        return text;
    }
}
