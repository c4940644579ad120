using Cloudreve.Core.Content.Encryption;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files.Uploads;

/// <summary>Encrypted blobs (contract, section 14.1).</summary>
public sealed class EncryptedUploadTests(SharedApp shared) : IClassFixture<SharedApp>, IAsyncLifetime
{
    private const int Chunk = 1001;

    private UploadingUser _user = null!;

    public async ValueTask InitializeAsync()
    {
        await SetRelayAsync(false);
        _user = await UploadingUser.CreateAsync(shared.App);
    }

    public ValueTask DisposeAsync()
    {
        _user.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Given_a_client_that_encrypts_when_it_uploads_directly_then_downloads_are_plain()
    {
        const string Uri = "cloudreve://my/direct.bin";
        var plain = UploadingUser.Bytes((3 * Chunk) + 5);
        var upload = new WebUploader(_user.Api, Uri, plain);
        await upload.BeginAsync(extra: new { encryption_supported = new[] { "aes-256-ctr" } });
        var metadata = upload.Session.GetProperty("encrypt_metadata");
        Assert.Equal("aes-256-ctr", metadata.GetProperty("algorithm").GetString());
        using var cipher = new CtrCipher(
            Convert.FromBase64String(metadata.GetProperty("key_plain_text").GetString()!), Convert.FromBase64String(metadata.GetProperty("iv").GetString()!));
        var encrypted = plain.ToArray();
        cipher.Apply(encrypted, 0);
        upload.Content = encrypted;
        await upload.SendChunksAsync();
        await upload.FinishAsync();

        Assert.Equal(encrypted, await ReadBlobAsync(Uri));
        await AssertPlainAsync(Uri, plain);
    }

    [Fact]
    public async Task Given_chunks_through_the_functions_when_the_policy_encrypts_then_downloads_are_plain()
    {
        const string Uri = "cloudreve://my/relay.bin";
        await SetRelayAsync(true);
        var plain = UploadingUser.Bytes((3 * Chunk) + 5);

        var upload = await new WebUploader(_user.Api, Uri, plain).RunAsync();

        Assert.False(upload.Session.TryGetProperty("encrypt_metadata", out _));
        Assert.NotEqual(plain, await ReadBlobAsync(Uri));
        await AssertPlainAsync(Uri, plain);
    }

    [Fact]
    public async Task Given_content_in_one_request_when_the_policy_encrypts_then_downloads_are_plain()
    {
        const string Uri = "cloudreve://my/content.bin";
        var plain = UploadingUser.Bytes(5000);

        var answer = await _user.Api.SendRawAsync(HttpMethod.Put, $"file/content?uri={System.Uri.EscapeDataString(Uri)}", ContentTests.Octets(plain));

        Assert.Equal(0, answer.Code);
        Assert.NotEqual(plain, await ReadBlobAsync(Uri));
        await AssertPlainAsync(Uri, plain);
    }

    [Fact]
    public async Task Given_a_client_that_cannot_encrypt_when_it_uploads_directly_then_no_key_is_made()
    {
        var upload = await new WebUploader(_user.Api, "cloudreve://my/plain.bin", UploadingUser.Bytes(10)).RunAsync();

        Assert.False(upload.Session.TryGetProperty("encrypt_metadata", out _));
        Assert.Equal(upload.Content, await ReadBlobAsync("cloudreve://my/plain.bin"));
    }

    private async Task AssertPlainAsync(string uri, byte[] plain)
    {
        var address = await _user.AddressAsync(uri);
        Assert.StartsWith(shared.App.Address.ToString(), address, StringComparison.Ordinal);
        Assert.Equal(plain, await _user.DownloadAsync(uri));
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address));
        request.Headers.Range = new System.Net.Http.Headers.RangeHeaderValue(1003, 2041);
        using var part = await client.SendAsync(request);
        Assert.Equal(plain[1003..2042], await part.Content.ReadAsByteArrayAsync());
    }

    private async Task<byte[]> ReadBlobAsync(string uri)
    {
        var entity = await shared.App.Services.GetRequiredService<EntityStore>().FindAsync(await _user.DecodeAsync(await _user.VersionAsync(uri)));
        return (await shared.App.Layout.Container(shared.App.Layout.FilesContainerName).ReadAsync(entity!.Source))!;
    }

    private Task SetRelayAsync(bool relay) =>
        UploadingUser.SetPolicyAsync(shared.App, p => p with { ChunkSize = Chunk, Encryption = true, Relay = relay });
}
