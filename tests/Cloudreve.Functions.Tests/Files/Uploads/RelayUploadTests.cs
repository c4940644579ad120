using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Infrastructure.Loops;
using Cloudreve.Functions.Tests.App;
using Xunit;

namespace Cloudreve.Functions.Tests.Files.Uploads;

/// <summary>Uploads in chunks through the functions, as the front end's uploader of type local sends them.</summary>
public sealed class RelayUploadTests(SharedApp shared) : IClassFixture<SharedApp>, IAsyncLifetime
{
    private const int Chunk = 1000;

    private UploadingUser _user = null!;

    public async ValueTask InitializeAsync()
    {
        await UploadingUser.SetPolicyAsync(shared.App, p => p with { ChunkSize = Chunk, Relay = true });
        _user = await UploadingUser.CreateAsync(shared.App);
    }

    public ValueTask DisposeAsync()
    {
        _user.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2 * Chunk)]
    [InlineData((2 * Chunk) + 1)]
    public async Task Given_a_file_when_the_front_end_uploads_it_then_it_is_complete(int size)
    {
        var uri = $"cloudreve://my/{size}.bin";

        var upload = await new WebUploader(_user.Api, uri, UploadingUser.Bytes(size)).RunAsync();

        Assert.Equal("local", upload.Type);
        Assert.False(upload.Session.TryGetProperty("upload_urls", out _));
        Assert.Equal(upload.Content, await _user.DownloadAsync(uri));
        Assert.Equal(size, await _user.UsedAsync());
    }

    [Fact]
    public async Task Given_chunks_out_of_order_and_repeated_when_all_have_arrived_then_the_file_is_complete()
    {
        const string Uri = "cloudreve://my/parallel.bin";
        var upload = new WebUploader(_user.Api, Uri, UploadingUser.Bytes(10 * Chunk));
        await upload.BeginAsync();

        var order = Enumerable.Range(0, 10).Concat([3, 7]).Reverse();
        await BoundedParallel.ForEachAsync(order, 6, async (i, _) =>
            Assert.Equal(0, (await upload.PostChunkAsync(i, upload.Chunks[i].ToArray())).Code));

        Assert.Equal(upload.Content, await _user.DownloadAsync(Uri));
        Assert.Equal(10 * Chunk, await _user.UsedAsync());
        Assert.Equal(0, (await upload.PostChunkAsync(4, upload.Chunks[4].ToArray())).Code);
    }

    [Fact]
    public async Task Given_a_chunk_when_it_is_taken_then_it_costs_one_transaction_of_blobs_and_two_of_tables()
    {
        var upload = new WebUploader(_user.Api, "cloudreve://my/cost.bin", UploadingUser.Bytes(3 * Chunk));
        await upload.BeginAsync();
        var before = shared.App.Account.Transactions.ByOperation.ToDictionary();

        await upload.SendChunkAsync(1);

        var calls = shared.App.Account.Transactions.ByOperation
            .Select(o => (o.Key, Count: o.Value - before.GetValueOrDefault(o.Key))).Where(o => o.Count > 0).ToList();
        Assert.Equal(1, calls.Where(o => o.Key.StartsWith(nameof(StorageService.Blob), StringComparison.Ordinal)).Sum(o => o.Count));
        Assert.Equal(2, calls.Where(o => o.Key.StartsWith(nameof(StorageService.Table), StringComparison.Ordinal)).Sum(o => o.Count));
    }

    [Fact]
    public async Task Given_a_chunk_that_does_not_fit_when_it_is_sent_then_the_documented_code_says_so()
    {
        var upload = new WebUploader(_user.Api, "cloudreve://my/misfit.bin", UploadingUser.Bytes(Chunk + 5));
        await upload.BeginAsync();
        using var other = await UploadingUser.CreateAsync(shared.App);

        Assert.Equal(40013, (await upload.PostChunkAsync(0, UploadingUser.Bytes(Chunk - 1))).Code);
        Assert.Equal(40013, (await upload.PostChunkAsync(1, UploadingUser.Bytes(6))).Code);
        Assert.Equal(40012, (await upload.PostChunkAsync(2, UploadingUser.Bytes(5))).Code);
        Assert.Equal(40011, (await upload.PostChunkAsync(0, UploadingUser.Bytes(Chunk), Guid.NewGuid().ToString())).Code);
        Assert.Equal(40011, (await new WebUploader(other.Api, "", []).PostChunkAsync(0, UploadingUser.Bytes(Chunk), upload.Id)).Code);
        await upload.SendChunksAsync();
        Assert.Equal(upload.Content, await _user.DownloadAsync("cloudreve://my/misfit.bin"));
    }

    [Fact]
    public async Task Given_a_cancelled_upload_when_a_chunk_arrives_then_its_session_is_gone()
    {
        var upload = new WebUploader(_user.Api, "cloudreve://my/cancelled.bin", UploadingUser.Bytes(2 * Chunk));
        await upload.BeginAsync();
        await upload.SendChunkAsync(0);

        Assert.Equal(0, (await upload.CancelAsync()).Code);

        Assert.Equal(40011, (await upload.PostChunkAsync(1, upload.Chunks[1].ToArray())).Code);
        Assert.Equal(0, await _user.UsedAsync());
    }
}
