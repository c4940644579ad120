using Cloudreve.EndToEnd.Processes;
using Cloudreve.EndToEnd.Sites;
using Xunit;

namespace Cloudreve.EndToEnd.Http;

/// <summary>Tests that streaming through host and worker costs neither of them memory, however much is streamed.</summary>
[Collection(SharedSiteCollection.Name)]
public sealed class MemoryTests(SharedSite shared)
{
    private const int Mebibyte = 1024 * 1024;
    private const int Bound = 96 * Mebibyte;
    private const int Files = 8;
    private const int FileSize = 64 * Mebibyte;
    private readonly Site _site = shared.Site;

    [Fact]
    public async Task Downloads_of_files_and_of_an_archive_of_half_a_gibibyte_leave_memory_flat()
    {
        await ImportAsync();
        var file = await _site.Client.SignDownloadAsync("cloudreve://my/large/0.bin");
        var archive = await _site.Client.SignDownloadAsync("cloudreve://my/large", archive: true);
        Assert.All([file, archive], address => Assert.Equal(_site.Address.Authority, address.Authority));
        var memory = await MemoryGrowth.BeginAsync(_site.Host);

        for (var i = 0; i < Files; i++)
            Assert.Equal(FileSize, await DrainAsync(file));
        Assert.InRange(await DrainAsync(archive), (long)Files * FileSize, (long)Files * FileSize + Mebibyte);

        memory.AssertBelow(Bound);
    }

    [Fact]
    public async Task Chunked_uploads_of_many_mebibytes_leave_memory_flat()
    {
        var memory = await MemoryGrowth.BeginAsync(_site.Host);

        for (var i = 0; i < 3; i++)
            await ContentUpload.PutAsync(_site.Client, "cloudreve://my/uploads/chunked.bin", 96 * Mebibyte, isChunked: true);

        memory.AssertBelow(Bound);
    }

    private async Task ImportAsync()
    {
        var content = new byte[FileSize];
        await _site.WriteAsync(Enumerable.Range(0, Files).Select(i => ($"large/{i}.bin", content)));
        var id = await _site.Client.StartImportAsync("/large", "/large", SharedSite.ProxiedPolicyId);
        await _site.EventuallyAsync(async () => (await _site.Client.FindTaskAsync(id)).GetProperty("status").GetString() == "completed");
    }

    private static async Task<long> DrainAsync(Uri address)
    {
        using var client = new HttpClient();
        await using var content = await client.GetStreamAsync(address);
        var buffer = new byte[256 * 1024];
        long sum = 0;
        for (int read; (read = await content.ReadAsync(buffer)) > 0;)
            sum += read;
        return sum;
    }
}
