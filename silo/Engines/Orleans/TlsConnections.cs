using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Orleans.Configuration;
using Orleans.Hosting;

namespace Orchestrator.Silo.Engines.Orleans;

/// <summary>
/// TLS on the connections of Orleans, between silos and from clients, both ends with a certificate of one authority: whoever has none is not let in. Written on the connection's own pipeline, since Orleans' package for it is not to be had
/// everywhere.
/// </summary>
/// <remarks>Names are not compared: silos reach each other by address, and the authority is the cluster's own.</remarks>
internal sealed class TlsConnections : IDisposable
{
    private static readonly TimeSpan HandshakeWithin = TimeSpan.FromSeconds(10);

    private readonly X509Certificate2 _own;
    private readonly X509Certificate2Collection _authority = [];

    /// <param name="certificate">PEM file of this silo's certificate.</param>
    /// <param name="key">PEM file of its key.</param>
    /// <param name="authority">PEM file of the authority that signed all of them.</param>
    /// <exception cref="FormatException">One cannot be read.</exception>
    public TlsConnections(string certificate, string key, string authority)
    {
        try
        {
            // A key that was only in memory is refused by some platforms when it is used: once around through PKCS 12.
            using var read = X509Certificate2.CreateFromPemFile(certificate, key);
            _own = X509CertificateLoader.LoadPkcs12(read.Export(X509ContentType.Pkcs12), null);
            _authority.ImportFromPemFile(authority);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"`orleans-tls-certificate`, `orleans-tls-key` and `orleans-tls-authority` must name PEM files: {unreadable.Message}", unreadable);
        }

        if (_authority.Count == 0)
        {
            throw new FormatException($"`orleans-tls-authority` names `{authority}`, which has no certificate");
        }
    }

    public void Configure(ISiloBuilder silo) => silo.Configure<SiloConnectionOptions>(options =>
    {
        options.ConfigureSiloInboundConnection(connections => connections.Use(next => connection => RunAsync(connection, next, isServer: true)));
        options.ConfigureSiloOutboundConnection(connections => connections.Use(next => connection => RunAsync(connection, next, isServer: false)));
        options.ConfigureGatewayInboundConnection(connections => connections.Use(next => connection => RunAsync(connection, next, isServer: true)));
    });

    public void Dispose() => _own.Dispose();

    private async Task RunAsync(ConnectionContext connection, ConnectionDelegate next, bool isServer)
    {
        var plain = connection.Transport;
        await using var tls = new SslStream(new PipeStream(plain), leaveInnerStreamOpen: false);
        using (var limit = new CancellationTokenSource(HandshakeWithin))
        {
            await (isServer
                ? tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = _own, ClientCertificateRequired = true, RemoteCertificateValidationCallback = IsOurs }, limit.Token)
                : tls.AuthenticateAsClientAsync(
                    new SslClientAuthenticationOptions { TargetHost = "silo", ClientCertificates = [_own], RemoteCertificateValidationCallback = IsOurs }, limit.Token)).ConfigureAwait(false);
        }

        connection.Transport = new Secured(PipeReader.Create(tls, new StreamPipeReaderOptions(leaveOpen: true)), PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true)));
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            connection.Transport = plain;
        }
    }

    private bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 given)
        {
            return false;
        }

        using var ours = new X509Chain();
        ours.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        ours.ChainPolicy.CustomTrustStore.AddRange(_authority);
        ours.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return ours.Build(given);
    }

    private sealed class Secured(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }

    /// <summary>A transport's two pipes as one stream, as TLS wants it.</summary>
    private sealed class PipeStream(IDuplexPipe pipes) : Stream
    {
        private readonly Stream _input = pipes.Input.AsStream(leaveOpen: true);
        private readonly Stream _output = pipes.Output.AsStream(leaveOpen: true);

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => _input.Read(buffer, offset, count);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _input.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => _input.ReadAsync(buffer, offset, count, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => _output.Write(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _output.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => _output.WriteAsync(buffer, offset, count, cancellationToken);

        public override void Flush() => _output.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => _output.FlushAsync(cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
