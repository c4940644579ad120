using System.Net.Http.Headers;
using System.Text.Json;
using Cloudreve.Core.Site.Settings;
using Cloudreve.Functions.Tests.App;
using Cloudreve.Testing.Contract;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files.Uploads;

/// <summary>Content that is written in one request, and versions (contract, section 12).</summary>
public sealed class ContentTests(SharedApp shared) : IClassFixture<SharedApp>, IAsyncLifetime
{
    private UploadingUser _user = null!;

    public async ValueTask InitializeAsync() => _user = await UploadingUser.CreateAsync(shared.App);

    public ValueTask DisposeAsync()
    {
        _user.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static ByteArrayContent Octets(byte[] content)
    {
        var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        return body;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9_000_000)]
    public async Task Given_a_path_without_a_file_when_content_is_written_then_the_file_is_created(int size)
    {
        var uri = $"cloudreve://my/new/{size}.txt";
        var content = UploadingUser.Bytes(size);

        var answer = await PutAsync(uri, content);

        Assert.Equal(0, answer.Code);
        Assert.Equal(size, answer.Data.GetProperty("size").GetInt64());
        Assert.Equal(content, await _user.DownloadAsync(uri));
        Assert.Equal(size, await _user.UsedAsync());
    }

    [Fact]
    public async Task Given_the_version_that_an_editor_read_when_another_is_current_then_content_is_refused()
    {
        const string Uri = "cloudreve://my/edited.txt";
        await PutAsync(Uri, UploadingUser.Bytes(10));
        var read = await _user.VersionAsync(Uri);
        Assert.Equal(0, (await PutAsync(Uri, UploadingUser.Bytes(11), read)).Code);

        Assert.Equal(40076, (await PutAsync(Uri, UploadingUser.Bytes(12), read)).Code);
        Assert.Equal(40001, (await PutAsync(Uri, UploadingUser.Bytes(12), "%21")).Code);

        Assert.Equal(11, (await _user.DownloadAsync(Uri)).Length);
    }

    [Fact]
    public async Task Given_content_above_the_limit_when_it_is_written_then_it_is_refused_unread()
    {
        await shared.App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["maxEditSize"] = "100" });
        try
        {
            Assert.Equal(40049, (await PutAsync("cloudreve://my/large.txt", UploadingUser.Bytes(101))).Code);
            Assert.Equal(40016, (await _user.InfoAsync("cloudreve://my/large.txt")).Code);
        }
        finally
        {
            await shared.App.Services.GetRequiredService<SettingStore>().SetAsync(new Dictionary<string, string> { ["maxEditSize"] = "52428800" });
        }
    }

    [Fact]
    public async Task Given_a_file_that_is_being_uploaded_when_content_is_written_then_it_is_locked()
    {
        var upload = new WebUploader(_user.Api, "cloudreve://my/busy.txt", UploadingUser.Bytes(10));
        await upload.BeginAsync();

        Assert.Equal(40073, (await PutAsync("cloudreve://my/busy.txt", UploadingUser.Bytes(5))).Code);
    }

    [Fact]
    public async Task Given_older_versions_when_one_becomes_current_or_goes_then_content_and_bytes_follow()
    {
        const string Uri = "cloudreve://my/versions.txt";
        var versions = new List<string>();
        for (var size = 1; size <= 3; size++)
        {
            await PutAsync(Uri, UploadingUser.Bytes(size));
            versions.Add(await _user.VersionAsync(Uri));
        }
        Assert.Equal(6, await _user.UsedAsync());

        Assert.Equal(0, (await SetCurrentAsync(Uri, versions[0])).Code);
        Assert.Equal(UploadingUser.Bytes(1), await _user.DownloadAsync(Uri));
        Assert.Equal(1, (await _user.InfoAsync(Uri)).Data.GetProperty("size").GetInt64());
        Assert.Equal(6, await _user.UsedAsync());

        Assert.Equal(403, (await DeleteAsync(Uri, versions[0])).Code);
        Assert.Equal(0, (await DeleteAsync(Uri, versions[1])).Code);
        Assert.Equal(4, await _user.UsedAsync());
        Assert.Equal(40077, (await DeleteAsync(Uri, versions[1])).Code);
        Assert.Equal(40077, (await SetCurrentAsync(Uri, versions[1])).Code);
        Assert.Equal(0, (await SetCurrentAsync(Uri, versions[2])).Code);
        Assert.Equal(UploadingUser.Bytes(3), await _user.DownloadAsync(Uri));
    }

    private async Task<ApiAnswer> PutAsync(string uri, byte[] content, string? previous = null)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Put, $"/api/v4/file/content?uri={Uri.EscapeDataString(uri)}{(previous is null ? "" : $"&previous={previous}")}")
        {
            Content = Octets(content),
        };
        // The contract demands a body, but that of an empty file is empty.
        request.Options.Set(ContractHandler.Undocumented, content.Length == 0);
        using var answer = await _user.Api.SendAsync(request);
        using var body = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        return new ApiAnswer(body.RootElement.Clone());
    }

    private Task<ApiAnswer> SetCurrentAsync(string uri, string version) => _user.Api.PostApiAsync("file/version/current", new { uri, version });

    private Task<ApiAnswer> DeleteAsync(string uri, string version) => _user.Api.SendApiAsync(HttpMethod.Delete, "file/version", new { uri, version });
}
