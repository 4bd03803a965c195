package io.github.clickhousebackupagent.internal.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.github.clickhousebackupagent.config.BackupKind;
import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.internal.journal.JournalEvent;
import io.github.clickhousebackupagent.sandbox.SimulatedServer;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told over the network is told in secret, by a certificate that may be renewed. */
class TlsTest {

    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir Path directory;

    private SimulatedServer server;
    private Path certificate;
    private Path key;

    @BeforeEach
    void start() throws Exception {
        server = SandboxAgent.server().start();
        certificate = directory.resolve("tls.crt");
        key = directory.resolve("tls.key");
        makePair("first");
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    /** Makes them as people do, by the tools of Java: a key store, and PEM files out of it. */
    private void makePair(String name) throws Exception {
        Path store = directory.resolve(name + ".p12");
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-keyalg",
                                "EC",
                                "-alias",
                                "a",
                                "-dname",
                                "CN=" + name,
                                "-ext",
                                "SAN=dns:localhost,ip:127.0.0.1",
                                "-validity",
                                "2",
                                "-storetype",
                                "PKCS12",
                                "-storepass",
                                "password",
                                "-keystore",
                                store.toString())
                        .redirectErrorStream(true)
                        .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue())
                .as(new String(keytool.getInputStream().readAllBytes()))
                .isZero();
        KeyStore pair = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            pair.load(in, "password".toCharArray());
        }
        write(key, "PRIVATE KEY", pair.getKey("a", "password".toCharArray()).getEncoded());
        write(certificate, "CERTIFICATE", pair.getCertificate("a").getEncoded());
    }

    private static void write(Path file, String what, byte[] content) throws IOException {
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(
                fresh,
                "-----BEGIN %s-----%n%s%n-----END %s-----%n"
                        .formatted(what, Base64.getMimeEncoder().encodeToString(content), what));
        Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING);
    }

    private String tls() {
        return "schedules: { full: { do: full, cron: \"0 0 0 1 1 ? 2099\" } }\n"
                + "http: { port: 0, token: tell-nobody, tls: { bind: 127.0.0.1, port: 0, certificate-file: \"%s\", key-file: \"%s\" } }%n"
                        .formatted(certificate, key);
    }

    /** Trusts the certificate that is in the file now, and no other. */
    private HttpClient client() throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("a", read());
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private X509Certificate read() throws Exception {
        try (InputStream in = Files.newInputStream(certificate)) {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(in);
        }
    }

    private static HttpResponse<String> get(HttpClient client, int port, String path)
            throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("https://localhost:%d%s".formatted(port, path)))
                        .timeout(SOON)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static BigInteger serial(HttpResponse<?> answer) throws Exception {
        return ((X509Certificate) answer.sslSession().orElseThrow().getPeerCertificates()[0])
                .getSerialNumber();
    }

    @Test
    void theSameIsAnsweredByTlsAndTheFirstPortStaysForCommandsAndServers() throws Exception {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, tls())) {
            int port = agent.agent().front().tlsPort();

            for (String path :
                    new String[] {"/observe/health", "/observe/metrics", "/api/v1/status"}) {
                assertThat(get(client(), port, path).statusCode()).as(path).isEqualTo(200);
            }
            assertThat(get(client(), port, "/api/v1/nothing").statusCode()).isEqualTo(404);
            assertThat(
                            ApiCaller.of(directory.resolve("state"), null)
                                    .get("/status", "/status")
                                    .status())
                    .isEqualTo(200);
            assertThat(agent.full().backup()).isNotNull();
        }
    }

    @Test
    void aRenewedCertificateIsShownWithoutARestartAndABrokenOneIsRefused() throws Exception {
        try (EditedAgent agent = new EditedAgent(directory, Map.of("node", server), tls())) {
            int port = agent.agent().front().tlsPort();
            BigInteger before = serial(get(client(), port, "/observe/health"));

            makePair("second");

            await().atMost(SOON)
                    .ignoreException(SSLHandshakeException.class)
                    .until(() -> !serial(get(client(), port, "/observe/health")).equals(before));
            BigInteger second = serial(get(client(), port, "/observe/health"));
            HttpClient trustsSecond = client();

            Files.writeString(certificate, "-----BEGIN CERTIFICATE-----\nno\n");
            assertThat(String.join("\n", agent.awaitRefused())).contains("http.tls", "tls.crt");
            assertThat(serial(get(trustsSecond, port, "/observe/health"))).isEqualTo(second);
            agent.agent().run(EditedAgent.TARGET, BackupKind.FULL);
            assertThat(agent.marker()).isNotEmpty();
        }
    }

    @Test
    void aKeyThatIsNoneKeepsTheAgentFromStartingWithALineThatSaysSo() throws Exception {
        Files.writeString(key, "nothing of the kind");

        assertThatThrownBy(() -> SandboxAgent.start(directory, server, tls()))
                .hasMessageContaining("http.tls")
                .hasMessageContaining(key.toString())
                .hasMessageContaining("allowed:");
    }

    private HttpResponse<String> post(HttpClient client, int port, String origin) throws Exception {
        return client.send(
                HttpRequest.newBuilder(
                                URI.create(
                                        "https://localhost:%d/api/v1/targets/node/pause"
                                                .formatted(port)))
                        .timeout(SOON)
                        .header("Authorization", "Bearer tell-nobody")
                        .header("Content-Type", "application/json")
                        .header("Origin", origin)
                        .header("Sec-Fetch-Site", "same-origin")
                        .POST(HttpRequest.BodyPublishers.ofString("{}"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Browsers speak HTTP/2 by TLS, where the host is no header. */
    @Test
    void thePageMayChangeByHttp2WhatItMayAndOneOfSomebodyElseMayNot() throws Exception {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, tls())) {
            int port = agent.agent().front().tlsPort();
            HttpClient client = client();

            HttpResponse<String> ours = post(client, port, "https://localhost:" + port);
            assertThat(ours.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(ours.statusCode()).as(ours.body()).isEqualTo(200);
            for (String origin :
                    new String[] {
                        "https://evil.test:" + port, "https://localhost:1", "null", "x"
                    }) {
                HttpResponse<String> foreign = post(client, port, origin);
                assertThat(foreign.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(foreign.statusCode()).as(origin).isEqualTo(403);
            }
            assertThat(agent.journal())
                    .filteredOn(event -> event.event().equals(JournalEvent.PAUSED))
                    .hasSize(1);
        }
    }

    /** What it asks beside it on the same connection is still answered. */
    @Test
    void whoReadsEventsTooSlowlyByHttp2LosesThemAndNotTheConnection() throws Exception {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, tls())) {
            Vertx vertx = Vertx.vertx();
            AtomicInteger closed = new AtomicInteger();
            AtomicInteger opened = new AtomicInteger();
            try {
                var client =
                        vertx.httpClientBuilder()
                                .with(
                                        new HttpClientOptions()
                                                .setProtocolVersion(HttpVersion.HTTP_2)
                                                .setUseAlpn(true)
                                                .setSsl(true)
                                                .setTrustAll(true)
                                                .setVerifyHost(false)
                                                .setDefaultHost("localhost")
                                                .setDefaultPort(agent.agent().front().tlsPort()))
                                .withConnectHandler(
                                        connection -> {
                                            opened.incrementAndGet();
                                            connection.closeHandler(
                                                    gone -> closed.incrementAndGet());
                                        })
                                .build();
                AtomicReference<Throwable> ended = new AtomicReference<>();
                client.request(HttpMethod.GET, "/api/v1/events")
                        .compose(
                                request ->
                                        request.send()
                                                .onSuccess(
                                                        response ->
                                                                response.pause()
                                                                        .exceptionHandler(
                                                                                ended::set)))
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(SOON.toSeconds(), TimeUnit.SECONDS);
                await().atMost(SOON).until(() -> agent.agent().hub().readers() == 1);

                await().atMost(SOON)
                        .pollInterval(Duration.ofMillis(2))
                        .until(
                                () -> {
                                    for (int i = 0; i < 200; i++) {
                                        agent.agent().hub().edited();
                                    }
                                    return agent.agent().hub().readers() == 0;
                                });

                await().atMost(SOON).until(() -> ended.get() != null);
                int status =
                        client.request(HttpMethod.GET, "/observe/health")
                                .compose(HttpClientRequest::send)
                                .map(HttpClientResponse::statusCode)
                                .toCompletionStage()
                                .toCompletableFuture()
                                .get(SOON.toSeconds(), TimeUnit.SECONDS);
                assertThat(status).isEqualTo(200);
                assertThat(ended.get()).isNotNull();
                assertThat(opened).hasValue(1);
                assertThat(closed).hasValue(0);
            } finally {
                vertx.close()
                        .toCompletionStage()
                        .toCompletableFuture()
                        .get(SOON.toSeconds(), TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void aKeyOfAnotherCertificateIsRefusedAtTheStartAndInAnEdit() throws Exception {
        byte[] another = Files.readAllBytes(key);
        makePair("second");
        byte[] own = Files.readAllBytes(key);
        Files.write(key, another);
        assertThatThrownBy(() -> SandboxAgent.start(directory, server, tls()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("http.tls: found")
                .hasMessageContaining(key.toString())
                .hasMessageContaining("the key is not that of the certificate")
                .hasMessageContaining("allowed: a certificate and its key");

        Files.write(key, own);
        try (EditedAgent agent = new EditedAgent(directory, Map.of("node", server), tls())) {
            int port = agent.agent().front().tlsPort();

            Files.write(key, another);

            assertThat(String.join("\n", agent.awaitRefused()))
                    .contains("http.tls: found", "the key is not that of the certificate");
            assertThat(get(client(), port, "/observe/health").statusCode()).isEqualTo(200);
        }
    }

    /** Backups must be made all the same. */
    @Test
    void aCertificateThatIsGoneDoesNotKeepRoutesFromComingBackAfterAnEditThatFails()
            throws Exception {
        try (EditedAgent agent = new EditedAgent(directory, Map.of("node", server), tls())) {
            int port = agent.agent().front().tlsPort();
            HttpClient client = client();
            BigInteger shown = serial(get(client, port, "/observe/health"));
            Path gone = certificate;
            certificate = directory.resolve("new.crt");
            key = directory.resolve("new.key");
            makePair("second");
            Files.delete(gone);
            agent.edit(
                    "mine",
                    """
                    - route:
                        id: mine
                        from:
                          uri: "file:%s?startingDirectoryMustExist=true&autoCreate=false"
                          steps:
                            - log: a
                    """
                            .formatted(directory.resolve("nowhere")));
            agent.configure(Map.of("node", server), tls());

            await().atMost(SOON)
                    .until(() -> String.join("", agent.awaitRefused()).contains("nowhere"));

            agent.agent().run(EditedAgent.TARGET, BackupKind.FULL);
            assertThat(agent.marker()).isNotEmpty();
            HttpResponse<String> ready = get(client, port, "/observe/health/ready");
            assertThat(ready.statusCode()).isEqualTo(200);
            assertThat(serial(ready)).isEqualTo(shown);
        }
    }

    /** Until its handshake is over nobody counts it: it must not stay for long. */
    @Test
    void aConnectionThatNeverBeginsItsHandshakeIsClosedSoon() throws Exception {
        try (SandboxAgent agent = SandboxAgent.start(directory, server, tls());
                Socket silent = new Socket("127.0.0.1", agent.agent().front().tlsPort())) {
            // Vert.x would close it after 10 s.
            silent.setSoTimeout((int) TlsPort.HANDSHAKE.multipliedBy(3).toMillis());
            assertThat(silent.getInputStream().read()).isEqualTo(-1);
        }
    }

    /** Whoever took the port in between may give it back: nobody should have to edit again. */
    @Test
    void aPortOfTlsThatCannotBeHadAfterAnEditIsTriedAgainUntilItCan() throws Exception {
        try (EditedAgent agent = new EditedAgent(directory, Map.of("node", server), tls())) {
            // The port of before without TLS: it can be had only once that is closed.
            int port = agent.agent().front().port();
            try (ServerSocket other =
                    new ServerSocket(port, 1, InetAddress.getByName("127.0.0.2"))) {
                agent.configure(
                        Map.of("node", server),
                        tls().replace("port: 0, token", "port: 0, bind: \"::1\", token")
                                .replace(
                                        "bind: 127.0.0.1, port: 0",
                                        "bind: 127.0.0.2, port: " + port));

                assertThat(String.join("\n", agent.awaitRefused()))
                        .contains("http.tls: found port " + port, "allowed: a free port");
                assertThat(agent.state().taken()).isEqualTo(1);
                assertThat(agent.agent().front().tlsPort()).isZero();
            }

            await().atMost(SOON).until(() -> agent.agent().front().tlsPort() == port);
            await().atMost(SOON).untilAsserted(() -> assertThat(agent.state().refused()).isNull());
        }
    }
}
