package io.github.clickhousebackupagent.samples;

import io.github.clickhousebackupagent.config.AgentConfig;
import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.ConfigLoader;
import io.github.clickhousebackupagent.config.First;
import io.github.clickhousebackupagent.config.ScheduleConfig;
import io.github.clickhousebackupagent.config.TargetConfig;
import io.github.clickhousebackupagent.samples.ComposeFile.Service;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.w3c.dom.Element;

/**
 * Looks whether a compose file fits itself, and the files that it names. Each problem is a line.
 */
final class SampleChecks {

    static final String BACKUP_CONFIG = "clickhouse/backup/config.yml";
    static final String USERS = "clickhouse/users.d/backup-users.xml";
    static final String CLUSTER = "clickhouse/config.d/cluster.xml";
    static final String MACROS = "clickhouse/config.d/macros.xml";
    static final String KEEPER = "clickhouse/keeper/keeper_config.xml";

    private static final String AGENT = "clickhouse-backup-agent";
    private static final String DATA = "/var/lib/clickhouse";

    private static final Pattern READS_SECRET =
            Pattern.compile("(\\w+)=\"\\$\\(cat /run/secrets/([\\w-]+)\\)\"");
    private static final Pattern SECRET = Pattern.compile("/run/secrets/([\\w-]+)");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{\\{env:([A-Z_]+)");

    private final SampleFiles files;
    private final ComposeFile compose;
    private final String agentConfig;
    private final List<String> problems = new ArrayList<>();

    private SampleChecks(SampleFiles files, ComposeFile compose, String agentConfig) {
        this.files = files;
        this.compose = compose;
        this.agentConfig = agentConfig;
    }

    /**
     * Returns what does not fit; empty if all does.
     *
     * @param compose the compose file
     * @param agentConfig the configuration that the agent has there
     */
    static List<String> problems(SampleFiles files, String compose, String agentConfig)
            throws IOException {
        SampleChecks checks =
                new SampleChecks(
                        files, ComposeFile.parse(compose, files.text(compose)), agentConfig);
        checks.all();
        return List.copyOf(checks.problems);
    }

    private void all() throws IOException {
        for (Service service : compose.services().values()) {
            isRunWell(service);
            namesWhatIsThere(service);
            readsItsSecrets(service);
            waitsForWhatIsHealthy(service);
        }
        nothingIsLeftOver();
        oneOf("image", "stilliard/pure-ftpd").ifPresent(this::ftpFits);
        List<Service> servers = all("image", "clickhouse/clickhouse-server");
        List<Service> apis = all("image", "altinity/clickhouse-backup");
        require(!apis.isEmpty(), "no clickhouse-backup");
        require(servers.size() == apis.size(), "as many ClickHouse as clickhouse-backup");
        for (Service api : apis) {
            apiFits(api, servers);
        }
        if (servers.size() > 1) {
            clusterFits(servers);
        }
        agentFits(compose.service(AGENT), apis, servers);
    }

    private void isRunWell(Service service) {
        Map<String, Object> log = service.map("logging");
        require(
                "json-file".equals(log.get("driver"))
                        && ComposeFile.map(log.get("options"))
                                .equals(
                                        Map.of(
                                                "max-size", "500m",
                                                "max-file", "2",
                                                "compress", "true")),
                service.name() + ": logging is not json-file, 500m, 2, compressed");
        require(
                service.map("healthcheck")
                        .keySet()
                        .containsAll(Set.of("test", "interval", "timeout", "retries")),
                service.name() + ": healthcheck");
        require(
                service.text("restart").equals("unless-stopped"),
                service.name() + ": restart: " + service.text("restart"));
        require(!service.text("stop_grace_period").isEmpty(), service.name() + ": no time to stop");
        String image = service.text("image");
        require(
                image.matches(".+:.*\\d.*") || service.keys().containsKey("build"),
                service.name() + ": image without a version: " + image);
        for (String port : service.texts("ports")) {
            require(
                    port.startsWith("127.0.0.1:"),
                    service.name() + ": published to everybody: " + port);
        }
    }

    private void namesWhatIsThere(Service service) {
        for (Mount mount : mounts(service)) {
            if (mount.source().startsWith("./")) {
                String file = mount.source().substring(2);
                require(
                        files.exists(file) || files.exists(file + "/agent.yaml"),
                        service.name() + ": no file " + file);
            } else {
                require(
                        compose.top("volumes").containsKey(mount.source()),
                        service.name() + ": no volume " + mount.source());
            }
        }
        for (String key : List.of("secrets", "configs")) {
            for (String name : used(service, key)) {
                require(
                        compose.top(key).containsKey(name),
                        service.name() + ": " + key + " has no " + name);
            }
        }
        for (String network : service.texts("networks")) {
            require(
                    compose.top("networks").containsKey(network),
                    service.name() + ": no network " + network);
        }
        require(!service.texts("networks").isEmpty(), service.name() + ": in no network");
    }

    private void nothingIsLeftOver() {
        for (String key : List.of("secrets", "configs", "volumes", "networks")) {
            Set<String> used = new HashSet<>();
            for (Service service : compose.services().values()) {
                used.addAll(
                        key.equals("volumes")
                                ? mounts(service).stream().map(Mount::source).toList()
                                : used(service, key));
            }
            for (String name : compose.top(key).keySet()) {
                require(used.contains(name), key + ": nobody uses " + name);
            }
        }
        for (String key : List.of("secrets", "configs")) {
            for (String name : compose.top(key).keySet()) {
                String file = compose.file(key, name).normalize().toString();
                require(files.exists(file), key + ": no file " + file);
            }
        }
    }

    private void readsItsSecrets(Service service) {
        Set<String> read = new TreeSet<>();
        Matcher matcher = SECRET.matcher(service.keys().toString());
        while (matcher.find()) {
            read.add(matcher.group(1));
        }
        require(
                read.equals(new TreeSet<>(service.texts("secrets"))),
                service.name() + ": has secrets " + service.texts("secrets") + ", reads " + read);
    }

    private void waitsForWhatIsHealthy(Service service) {
        service.map("depends_on")
                .forEach(
                        (name, how) -> {
                            require(
                                    compose.services().containsKey(name),
                                    service.name() + ": depends on no service: " + name);
                            require(
                                    "service_healthy".equals(ComposeFile.map(how).get("condition")),
                                    service.name() + ": does not wait until healthy: " + name);
                        });
    }

    private void ftpFits(Service ftp) {
        try {
            Map<String, Object> config = section("ftp");
            String address = config.get("address").toString();
            String host = address.substring(0, address.indexOf(':'));
            require(address.endsWith(":21"), BACKUP_CONFIG + ": ftp.address: " + address);
            require(
                    Objects.equals(config.get("username"), ftp.environment().get("FTP_USER_NAME")),
                    BACKUP_CONFIG + ": ftp.username: " + config.get("username"));
            String range = ftp.environment().getOrDefault("FTP_PASSIVE_PORTS", "");
            require(range.equals("30000:30009"), "ports of FTP data: " + range);
            if (!ftp.texts("ports").isEmpty()) {
                String ports = range.replace(':', '-');
                require(
                        new HashSet<>(ftp.texts("ports"))
                                .equals(
                                        Set.of(
                                                "127.0.0.1:21:21",
                                                "127.0.0.1:" + ports + ":" + ports)),
                        ftp.name() + ": ports: " + ftp.texts("ports"));
            }
            for (Service api : all("image", "altinity/clickhouse-backup")) {
                require(reaches(api, host, ftp), api.name() + ": does not reach " + host);
                require(
                        secrets(ftp).containsKey("FTP_USER_PASS")
                                && Objects.equals(
                                        secrets(ftp).get("FTP_USER_PASS"),
                                        secrets(api).get("FTP_PASSWORD")),
                        api.name() + ": another password of FTP than " + ftp.name());
                require(
                        api.map("depends_on").containsKey(ftp.name()),
                        api.name() + ": does not wait for " + ftp.name());
            }
        } catch (IOException e) {
            problems.add(e.getMessage());
        }
    }

    private void apiFits(Service api, List<Service> servers) throws IOException {
        require(
                mounted(api, "/etc/clickhouse-backup/config.yml").equals(BACKUP_CONFIG),
                api.name()
                        + ": configuration: "
                        + mounted(api, "/etc/clickhouse-backup/config.yml"));
        String volume = mounted(api, DATA);
        require(!volume.isEmpty(), api.name() + ": nothing at " + DATA);
        require(
                api.texts("tmpfs").contains("/tmp"),
                api.name() + ": locks in /tmp outlive it, and it refuses backups");

        Map<String, Object> clickhouse = section("clickhouse");
        String host =
                api.environment()
                        .getOrDefault("CLICKHOUSE_HOST", clickhouse.get("host").toString());
        Optional<Service> found =
                servers.stream().filter(server -> reaches(api, host, server)).findFirst();
        require(
                found.isPresent(),
                api.name() + ": ClickHouse " + host + " is no service it reaches");
        require(
                clickhouse.get("port").equals(9000),
                BACKUP_CONFIG + ": clickhouse.port: " + clickhouse.get("port"));
        found.ifPresent(
                server -> {
                    require(
                            mounted(server, DATA).equals(volume),
                            api.name() + ": another volume than " + server.name());
                    require(
                            api.map("depends_on").containsKey(server.name()),
                            api.name() + ": does not wait for " + server.name());
                });
        if (found.isPresent()) {
            String user = clickhouse.get("username").toString();
            requireSameSecret(
                    found.get(), user, secrets(api).get("CLICKHOUSE_PASSWORD"), api.name());
        }

        Map<String, Object> own = section("api");
        String health = api.healthScript();
        require(
                own.get("listen").equals("0.0.0.0:7171") && health.contains(":7171/"),
                api.name() + ": listens on " + own.get("listen") + ", asked is " + health);
        require(
                health.contains("\"" + own.get("username") + ":"),
                api.name() + ": health is asked as another user");
        require(
                health.contains("/run/secrets/" + secrets(api).get("API_PASSWORD") + ")"),
                api.name() + ": health is asked with another password");
        require(
                api.texts("ports").isEmpty()
                        || api.texts("ports").equals(List.of("127.0.0.1:7171:7171")),
                api.name() + ": ports: " + api.texts("ports"));
    }

    private void requireSameSecret(Service server, String user, String secret, String who)
            throws IOException {
        require(
                mounted(server, "/etc/clickhouse-server/users.d/backup-users.xml").equals(USERS),
                server.name() + ": has not " + USERS);
        List<Element> passwords =
                files.elements(USERS, "/clickhouse/users/" + user + "/password[@from_env]");
        require(passwords.size() == 1, USERS + ": no user " + user);
        if (passwords.size() == 1) {
            String variable = passwords.get(0).getAttribute("from_env");
            require(
                    secrets(server).containsKey(variable),
                    server.name() + ": does not set " + variable);
            require(
                    secret != null && secret.equals(secrets(server).get(variable)),
                    who + ": another password of " + user + " than " + server.name());
        }
    }

    private void clusterFits(List<Service> servers) throws IOException {
        Set<String> replicas = new HashSet<>();
        Set<String> volumes = new HashSet<>();
        Set<String> names = new TreeSet<>();
        for (Service server : servers) {
            names.add(server.name());
            require(
                    server.text("hostname").equals(server.name()),
                    server.name() + ": the others know it as " + server.text("hostname"));
            require(volumes.add(mounted(server, DATA)), server.name() + ": not its own volume");
            require(
                    replicas.add(
                            server.environment().get("SHARD")
                                    + "/"
                                    + server.environment().get("REPLICA")),
                    server.name() + ": the same shard and replica as another");
            for (String macro : List.of("shard", "replica")) {
                for (Element element : files.elements(MACROS, "/clickhouse/macros/" + macro)) {
                    require(
                            server.environment().containsKey(element.getAttribute("from_env")),
                            server.name() + ": no value for the macro " + macro);
                }
            }
            for (String file : List.of(CLUSTER, MACROS)) {
                String target = "/etc/clickhouse-server/config.d/" + Path.of(file).getFileName();
                require(mounted(server, target).equals(file), server.name() + ": has not " + file);
            }
        }
        Set<String> known = new TreeSet<>();
        for (Element host : files.elements(CLUSTER, "/clickhouse/remote_servers//host")) {
            known.add(host.getTextContent());
        }
        require(known.equals(names), CLUSTER + ": has " + known + ", there are " + names);
        for (Element variable : files.elements(CLUSTER, "/clickhouse/remote_servers//password")) {
            require(
                    secrets(servers.get(0)).containsKey(variable.getAttribute("from_env")),
                    CLUSTER + ": nobody sets " + variable.getAttribute("from_env"));
        }
        Service keeper = compose.service("keeper");
        String port = files.elements(KEEPER, "//tcp_port").get(0).getTextContent();
        require(
                files.elements(CLUSTER, "/clickhouse/zookeeper/node/host")
                                .get(0)
                                .getTextContent()
                                .equals(keeper.text("hostname"))
                        && files.elements(CLUSTER, "/clickhouse/zookeeper/node/port")
                                .get(0)
                                .getTextContent()
                                .equals(port)
                        && keeper.healthScript().contains("/" + port + ";"),
                "keeper: not the same port everywhere: " + port);
        for (Service api : all("image", "altinity/clickhouse-backup")) {
            String path = api.environment().getOrDefault("FTP_PATH", "");
            require(
                    path.contains("{shard}") && path.contains("{replica}"),
                    api.name() + ": shares its backups with others: FTP_PATH " + path);
        }
    }

    private void agentFits(Service agent, List<Service> apis, List<Service> servers)
            throws IOException {
        require(
                agent.text("read_only").equals("true")
                        && agent.texts("cap_drop").equals(List.of("ALL"))
                        && agent.texts("security_opt").contains("no-new-privileges:true"),
                agent.name() + ": may do more than it needs");
        require(agent.texts("ports").equals(List.of("127.0.0.1:8171:8171")), "ports of the agent");
        require(
                agent.environment().getOrDefault("HTTP_BIND", "").equals("0.0.0.0"),
                agent.name() + ": nobody can call back");
        String text = files.text(agentConfig);
        Set<String> known = new TreeSet<>();
        Matcher matcher = PLACEHOLDER.matcher(text);
        while (matcher.find()) {
            known.add(matcher.group(1));
        }
        for (String variable : agent.environment().keySet()) {
            require(known.contains(variable), agentConfig + ": takes no variable " + variable);
        }

        Map<String, String> environment = new LinkedHashMap<>(agent.environment());
        environment.replaceAll((name, value) -> SECRET.matcher(value).replaceAll(this::secretFile));
        AgentConfig config;
        try {
            config = load(text, environment);
        } catch (ConfigException e) {
            problems.add(e.getMessage());
            return;
        }
        require(!mounted(agent, config.logDirectory().toString()).isEmpty(), "logs are not kept");
        require(!mounted(agent, config.stateDirectory().toString()).isEmpty(), "state is not kept");
        Set<String> served = new LinkedHashSet<>();
        for (Map.Entry<String, TargetConfig> entry : config.targets().entrySet()) {
            targetFits(entry.getKey(), entry.getValue(), agent, apis, servers)
                    .ifPresent(
                            api ->
                                    require(
                                            served.add(api.name()),
                                            entry.getKey() + ": two targets for " + api.name()));
        }
        require(served.size() == apis.size(), "the agent has targets for " + served + " only");
        schedulesFit(config);
        if (agentConfig.equals("config/agent.yaml")) {
            require(
                    config.schedules()
                            .equals(load(text, Map.of("FIRST_FULL", "at-start")).schedules()),
                    "other schedules than those of " + agentConfig);
        }
    }

    private AgentConfig load(String text, Map<String, String> environment) {
        return new ConfigLoader(environment::get, Clock.systemUTC()).parse(agentConfig, text);
    }

    private String secretFile(MatchResult found) {
        return Matcher.quoteReplacement(
                compose.file("secrets", found.group(1)).normalize().toAbsolutePath().toString());
    }

    private Optional<Service> targetFits(
            String name,
            TargetConfig target,
            Service agent,
            List<Service> apis,
            List<Service> servers)
            throws IOException {
        Optional<Service> api =
                apis.stream().filter(a -> reaches(agent, target.url(), a)).findFirst();
        require(
                api.isPresent() && target.url().getPort() == 7171,
                name + ": no API at " + target.url());
        Optional<Service> server =
                servers.stream().filter(s -> reaches(agent, target.clickhouseUrl(), s)).findFirst();
        require(
                server.isPresent() && target.clickhouseUrl().getPort() == 8123,
                name + ": no ClickHouse at " + target.clickhouseUrl());
        if (api.isEmpty() || server.isEmpty()) {
            return api;
        }
        require(
                mounted(api.get(), DATA).equals(mounted(server.get(), DATA)),
                name + ": backs up another ClickHouse than it looks at");
        require(
                agent.map("depends_on").containsKey(api.get().name()),
                agent.name() + ": does not wait for " + api.get().name());
        require(
                target.username().equals(section("api").get("username")),
                name + ": another user than that of the API: " + target.username());
        String secret = secrets(api.get()).get("API_PASSWORD");
        require(
                secret != null && target.password().reveal().equals(secretText(secret)),
                name + ": another password than that of the API");
        String user = target.clickhouseUsername();
        String readerSecret =
                agent.environment()
                        .getOrDefault("CLICKHOUSE_PASSWORD_FILE", "")
                        .replace("/run/secrets/", "");
        requireSameSecret(server.get(), user, readerSecret, agent.name());
        require(
                target.clickhousePassword().reveal().equals(secretText(readerSecret)),
                name + ": another password than that of " + user);
        for (Element profile : files.elements(USERS, "/clickhouse/users/" + user + "/profile")) {
            require(
                    files.elements(
                                            USERS,
                                            "/clickhouse/profiles/"
                                                    + profile.getTextContent()
                                                    + "/readonly[.='1']")
                                    .size()
                            == 1,
                    USERS + ": " + user + " may write");
        }
        return api;
    }

    /** Each target has the three of the shell agent, and no two begin at the same minute. */
    private void schedulesFit(AgentConfig config) {
        Set<String> moments = new HashSet<>();
        for (String target : config.targets().keySet()) {
            List<ScheduleConfig> own =
                    config.schedules().values().stream()
                            .filter(schedule -> config.targetsOf(schedule).contains(target))
                            .toList();
            Set<String> hours =
                    own.stream()
                            .map(schedule -> schedule.kind() + " " + withoutMinute(schedule.cron()))
                            .collect(Collectors.toSet());
            require(
                    hours.equals(
                            Set.of("DIFF */1 * * 1-5,0", "DIFF 0-20/1 * * 6", "FULL 20 * * 6")),
                    target + ": schedules: " + hours);
            require(
                    own.stream()
                            .filter(schedule -> schedule.kind() == BackupKind.FULL)
                            .allMatch(schedule -> schedule.first() == First.AT_START),
                    target + ": has no backup until Saturday");
            for (ScheduleConfig schedule : own) {
                require(
                        moments.add(schedule.cron()),
                        target + ": begins at the same minute as another: " + schedule.cron());
            }
        }
    }

    private static String withoutMinute(String cron) {
        return cron.substring(cron.indexOf(' ') + 1);
    }

    private String secretText(String secret) throws IOException {
        return compose.top("secrets").containsKey(secret)
                ? files.text(compose.file("secrets", secret).normalize().toString()).stripTrailing()
                : "";
    }

    private Map<String, Object> section(String name) throws IOException {
        return ComposeFile.map(files.yaml(BACKUP_CONFIG).get(name));
    }

    /** Returns which variables a service sets at its start, and from which secrets. */
    private static Map<String, String> secrets(Service service) {
        Map<String, String> secrets = new LinkedHashMap<>();
        String script = service.startScript();
        Matcher matcher = READS_SECRET.matcher(script);
        while (matcher.find()) {
            if (Pattern.compile("(?m)^export .*\\b" + matcher.group(1) + "\\b")
                    .matcher(script)
                    .find()) {
                secrets.put(matcher.group(1), matcher.group(2));
            }
        }
        return secrets;
    }

    private boolean reaches(Service from, URI url, Service to) {
        return url != null && reaches(from, url.getHost(), to);
    }

    /** Whether a host name is that of a service, in a network that both are in. */
    private static boolean reaches(Service from, String host, Service to) {
        Stream<String> shared =
                to.texts("networks").stream().filter(from.texts("networks")::contains);
        return shared.anyMatch(
                network ->
                        to.name().equals(host)
                                || new Service(
                                                to.name(),
                                                ComposeFile.map(to.map("networks").get(network)))
                                        .texts("aliases")
                                        .contains(host));
    }

    private record Mount(String source, String target) {}

    private List<Mount> mounts(Service service) {
        return service.texts("volumes").stream()
                .map(volume -> volume.split(":"))
                .map(parts -> new Mount(parts[0], parts[1]))
                .toList();
    }

    /** Returns the file or the volume that is at a path of a container; empty if there is none. */
    private String mounted(Service service, String target) {
        for (Mount mount : mounts(service)) {
            if (mount.target().equals(target)) {
                return mount.source().replaceFirst("^\\./", "");
            }
        }
        for (Object entry : service.list("configs")) {
            Map<String, Object> config = ComposeFile.map(entry);
            if (target.equals(config.get("target"))
                    && compose.top("configs").containsKey(config.get("source"))) {
                return compose.file("configs", config.get("source").toString())
                        .normalize()
                        .toString();
            }
        }
        return "";
    }

    private static List<String> used(Service service, String key) {
        return key.equals("configs")
                ? service.list(key).stream()
                        .map(entry -> ComposeFile.map(entry).get("source").toString())
                        .toList()
                : service.texts(key);
    }

    private List<Service> all(String key, String prefix) {
        return compose.services().values().stream()
                .filter(service -> service.text(key).startsWith(prefix + ":"))
                .toList();
    }

    private Optional<Service> oneOf(String key, String prefix) {
        List<Service> found = all(key, prefix);
        require(found.size() == 1, found.size() + " services of " + prefix);
        return found.stream().findFirst();
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            problems.add(compose.name() + ": " + otherwise);
        }
    }
}
