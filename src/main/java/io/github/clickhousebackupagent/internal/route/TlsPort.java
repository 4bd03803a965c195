package io.github.clickhousebackupagent.internal.route;

import io.github.clickhousebackupagent.config.ConfigException;
import io.github.clickhousebackupagent.config.TlsConfig;
import io.github.clickhousebackupagent.internal.run.Causes;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.SSLOptions;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** The port with TLS, beside the one without; the same answers. */
final class TlsPort implements AutoCloseable {

    private static final Logger LOG = LogManager.getLogger(TlsPort.class);
    private static final long PATIENCE_SECONDS = 10;

    /** How long a connection may take to agree on secrecy: until then nobody counts it. */
    static final Duration HANDSHAKE = Duration.ofSeconds(3);

    private final HttpServer server;
    private TlsConfig config;
    private TlsPair shown;

    private TlsPort(TlsConfig config, HttpServer server, TlsPair shown) {
        this.config = config;
        this.server = server;
        this.shown = shown;
    }

    /**
     * Opens it.
     *
     * @param servers returns what listens and answers
     * @param pair what the files of the configuration hold
     * @throws ConfigException if the port cannot be had
     */
    static TlsPort open(
            Function<HttpServerOptions, HttpServer> servers, TlsConfig config, TlsPair pair) {
        HttpServer server =
                servers.apply(
                        new HttpServerOptions()
                                .setHost(config.bind())
                                .setPort(config.port())
                                .setSsl(true)
                                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                                .setSslHandshakeTimeout(HANDSHAKE.toMillis())
                                .setUseAlpn(true)
                                .setKeyCertOptions(pair.options()));
        return new TlsPort(config, await(server.listen(), config), pair);
    }

    /**
     * Shows another pair, to whoever calls from now on.
     *
     * @param files of the same port
     * @param pair what they hold
     * @throws ConfigException if it cannot be used; what was shown before still is
     */
    void show(TlsConfig files, TlsPair pair) {
        if (!pair.equals(shown)) {
            await(
                    server.updateSSLOptions(new SSLOptions().setKeyCertOptions(pair.options())),
                    files);
            shown = pair;
        }
        config = files;
    }

    /** Returns whether it is where a configuration wants it. */
    boolean isAt(TlsConfig wanted) {
        return wanted.bind().equals(config.bind()) && wanted.port().equals(config.port());
    }

    private static <T> T await(Future<T> what, TlsConfig config) {
        try {
            return what.toCompletionStage()
                    .toCompletableFuture()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new ConfigException(
                    "http.tls: found port %d on %s, '%s' and '%s', which cannot be used (%s); allowed: a free port, a certificate and its key in PEM (PKCS #8)"
                            .formatted(
                                    config.port(),
                                    config.bind(),
                                    config.certificateFile(),
                                    config.keyFile(),
                                    Causes.words(e.getCause() == null ? e : e.getCause())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    int port() {
        return server.actualPort();
    }

    @Override
    public void close() {
        try {
            await(server.close(), config);
        } catch (ConfigException e) {
            LOG.warn("The port with TLS is not closed as it should be", e);
        }
    }
}
