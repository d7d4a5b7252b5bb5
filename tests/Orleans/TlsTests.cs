using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orchestrator.Cluster.Tests;
using Orchestrator.EndToEnd.Harness;
using Orchestrator.Storage.Contract.Tests.Postgres;
using Orchestrator.V1;

namespace Orchestrator.Orleans.Tests;

public sealed class TlsTests(PostgresServer server)
{
    [Fact]
    public async Task Silos_with_certificates_of_one_authority_form_a_cluster_and_let_nobody_else_in()
    {
        using var folder = new Folder();
        var authority = Authority("ours");
        var member = Write(folder, "silo", Signed(authority, "silo"));
        File.WriteAllText(folder["authority.pem"], authority.ExportCertificatePem());
        var settings = new Dictionary<string, string>
        {
            ["ORCHESTRATOR_ORLEANS_TLS_CERTIFICATE"] = member.Certificate,
            ["ORCHESTRATOR_ORLEANS_TLS_KEY"] = member.Key,
            ["ORCHESTRATOR_ORLEANS_TLS_AUTHORITY"] = folder["authority.pem"],
        };
        var place = server.NewPlace();
        SiloMember[] silos = [EngineUnderTest.Told("a", place, settings), EngineUnderTest.Told("b", place, settings)];

        // Both serve and each has its share: they hear each other.
        await using var cluster = await SiloCluster.StartAsync(silos);
        foreach (var account in SiloCluster.Accounts)
        {
            await cluster.InsistAsync(Texts.Bought($"tls-{account}", account, 100), first: 1);
        }

        var port = IPEndPoint.Parse(silos[0].Engine["ORCHESTRATOR_ORLEANS_LISTEN"]).Port;
        Assert.True(await IsLetInAsync(port, Signed(authority, "another")));
        Assert.False(await IsLetInAsync(port, Signed(Authority("theirs"), "stranger")));
        Assert.False(await IsLetInAsync(port, null));
    }

    /// <summary>Whether the port goes on listening to whoever has shown this certificate.</summary>
    private static async Task<bool> IsLetInAsync(int port, X509Certificate2? certificate)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, port);
        await using var tls = new SslStream(tcp.GetStream(), false, (_, shown, _, _) => shown?.Issuer == "CN=ours");
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "silo", ClientCertificates = certificate is null ? [] : [certificate] });

            // Orleans speaks first; whoever is turned away hears the end instead.
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            return await tls.ReadAsync(new byte[1], limit.Token) == 1;
        }
        catch (Exception refused) when (refused is AuthenticationException or IOException)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            // It waits for what this end has to say.
            return true;
        }
    }

    private static X509Certificate2 Authority(string name)
    {
        var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Signed(X509Certificate2 authority, string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var signed = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(12), RandomNumberGenerator.GetBytes(8));
        using var whole = signed.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private static (string Certificate, string Key) Write(Folder folder, string name, X509Certificate2 certificate)
    {
        File.WriteAllText(folder[$"{name}.pem"], certificate.ExportCertificatePem());
        File.WriteAllText(folder[$"{name}.key"], certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return (folder[$"{name}.pem"], folder[$"{name}.key"]);
    }
}
