package io.github.clickhousebackupagent.e2e;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** What the parts of a {@link RealStack} are configured by, and who logs in with what. */
interface Installation {

    /**
     * A user.
     *
     * @param name as it is given
     * @param password in clear
     */
    record Login(String name, String password) {}

    /**
     * Where the parts listen, on 127.0.0.1.
     *
     * @param clickHouse ClickHouse's own protocol
     * @param ftp the FTP server
     * @param api clickhouse-backup
     */
    record Ports(int clickHouse, int ftp, int api) {}

    /** Of ClickHouse, with all rights. */
    Login clickHouse();

    /** Of the FTP server. */
    Login ftp();

    /**
     * The password of {@link #ftp()} for crypt(3), with few rounds. pure-pw itself would write an
     * argon2id hash that costs the FTP server two seconds of CPU at each login, and each call of
     * clickhouse-backup that touches the remote storage logs in anew.
     */
    String ftpPasswordHash();

    /** Of the API. */
    Login api();

    /** Writes users.xml and what else ClickHouse reads beside its config.xml. */
    void writeClickHouse(Path folder) throws IOException;

    /**
     * How ClickHouse is started.
     *
     * @param server the command that starts it
     */
    List<String> clickHouseCommand(List<String> server);

    /**
     * How clickhouse-backup is started.
     *
     * @param binary clickhouse-backup itself
     * @param folder where files may be written
     * @param clickHouseConfig the folder of ClickHouse's configuration
     */
    List<String> backupServerCommand(Path binary, Path folder, Path clickHouseConfig, Ports ports)
            throws IOException;

    /** Variables for ClickHouse, and for clickhouse-backup. */
    Map<String, String> environment(Path folder, Ports ports);
}
