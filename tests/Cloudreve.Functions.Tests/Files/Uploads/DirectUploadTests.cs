using System.Globalization;
using System.Net;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Functions.Tests.App;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cloudreve.Functions.Tests.Files.Uploads;

/// <summary>Uploads straight to Blob storage, as the front end's uploader of type s3 sends them.</summary>
public sealed class DirectUploadTests(SharedApp shared) : IClassFixture<SharedApp>, IAsyncLifetime
{
    private const int Chunk = 1000;

    private static readonly HttpClient Provider = new();

    private UploadingUser _user = null!;

    public async ValueTask InitializeAsync()
    {
        await UploadingUser.SetPolicyAsync(shared.App, p => p with { ChunkSize = Chunk });
        _user = await UploadingUser.CreateAsync(shared.App);
    }

    public ValueTask DisposeAsync()
    {
        _user.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Given_a_file_of_several_chunks_when_the_front_end_uploads_it_then_it_is_complete()
    {
        var content = UploadingUser.Bytes(2 * Chunk + 17);

        var upload = await new WebUploader(_user.Api, "cloudreve://my/a%20b.bin", content).RunAsync();

        Assert.Equal("s3", upload.Type);
        Assert.Equal(3, upload.Urls.Count);
        var file = (await _user.InfoAsync("cloudreve://my/a%20b.bin")).Data;
        Assert.Equal(content.Length, file.GetProperty("size").GetInt64());
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1_749_524_701_494), file.GetProperty("updated_at").GetDateTimeOffset());
        Assert.False(file.GetProperty("metadata").TryGetProperty("sys:upload_session_id", out _));
        Assert.Equal(content, await _user.DownloadAsync("cloudreve://my/a%20b.bin"));
    }

    [Theory]
    [InlineData(-86_400_000L, "1969-12-31T00:00:00")]
    [InlineData(-99_999_999_999_999L, "1601-01-01T00:00:00")]
    [InlineData(999_999_999_999_999L, "9999-12-31T23:59:59")]
    public async Task Given_a_modification_time_of_any_age_when_a_file_is_uploaded_then_it_is_kept_if_possible(long milliseconds, string expected)
    {
        var uri = $"cloudreve://my/old{milliseconds}.txt";
        var upload = new WebUploader(_user.Api, uri, UploadingUser.Bytes(5));

        Assert.Equal(0, (await upload.BeginAsync(extra: new { last_modified = milliseconds })).Code);
        await upload.SendChunksAsync();
        await upload.FinishAsync();

        var updated = (await _user.InfoAsync(uri)).Data.GetProperty("updated_at").GetDateTimeOffset();
        Assert.Equal(expected, updated.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task Given_an_upload_that_was_answered_when_answers_are_noted_then_its_client_is_known_to_know()
    {
        var upload = new WebUploader(_user.Api, "cloudreve://my/answered.bin", UploadingUser.Bytes(5));
        await upload.BeginAsync();
        var (answers, sessions) = (shared.App.Services.GetRequiredService<UploadAnswers>(), shared.App.Services.GetRequiredService<UploadSessions>());

        // Work after a response happens after the client has it.
        for (var tries = 0; tries < 200 && !(await sessions.GetAsync(Guid.Parse(upload.Id))).IsAnswered; tries++)
        {
            await answers.StoreAsync();
            await Task.Delay(20);
        }

        Assert.True((await sessions.GetAsync(Guid.Parse(upload.Id))).IsAnswered);
        await upload.SendChunksAsync();
        await upload.FinishAsync();
        Assert.Equal(upload.Content, await _user.DownloadAsync("cloudreve://my/answered.bin"));
    }

    [Fact]
    public async Task Given_an_empty_file_when_the_front_end_uploads_it_then_it_is_there()
    {
        await new WebUploader(_user.Api, "cloudreve://my/empty.txt", []).RunAsync();

        Assert.Equal(0, (await _user.InfoAsync("cloudreve://my/empty.txt")).Data.GetProperty("size").GetInt64());
        Assert.Empty(await _user.DownloadAsync("cloudreve://my/empty.txt"));
    }

    [Fact]
    public async Task Given_folders_that_are_missing_when_a_file_is_uploaded_then_they_are_created()
    {
        await new WebUploader(_user.Api, "cloudreve://my/x/y/z.txt", UploadingUser.Bytes(5)).RunAsync();

        Assert.Equal(0, (await _user.InfoAsync("cloudreve://my/x/y/z.txt")).Code);
    }

    [Fact]
    public async Task Given_an_upload_that_was_interrupted_when_it_is_resumed_then_only_the_rest_is_sent()
    {
        var content = UploadingUser.Bytes(3 * Chunk);
        var first = new WebUploader(_user.Api, "cloudreve://my/resumed.bin", content);
        await first.BeginAsync();
        await first.SendChunkAsync(1);

        Assert.Equal(HttpStatusCode.BadRequest, (await first.CompleteAsync()).StatusCode);
        await first.SendChunksAsync();
        await first.FinishAsync();

        Assert.Equal(content, await _user.DownloadAsync("cloudreve://my/resumed.bin"));
    }

    [Fact]
    public async Task Given_a_completed_upload_when_completion_and_callback_are_repeated_then_both_succeed_again()
    {
        var upload = await new WebUploader(_user.Api, "cloudreve://my/twice.bin", UploadingUser.Bytes(10)).RunAsync();

        await upload.FinishAsync();

        var detail = (await _user.Api.GetApiAsync("file/info?extended=true&uri=cloudreve://my/twice.bin")).Data.GetProperty("extended_info");
        Assert.Equal(10, detail.GetProperty("storage_used").GetInt64());
        Assert.Equal(1, detail.GetProperty("entities").GetArrayLength());
    }

    [Fact]
    public async Task Given_a_chunk_of_another_size_when_the_upload_is_completed_then_the_error_is_xml()
    {
        var upload = new WebUploader(_user.Api, "cloudreve://my/short.bin", UploadingUser.Bytes(10));
        await upload.BeginAsync();
        using var put = await WebUploader.PutAsync(upload.Urls[0], UploadingUser.Bytes(9));

        using var answer = await upload.CompleteAsync();

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("application/xml", answer.Content.Headers.ContentType?.MediaType);
        Assert.Contains("<Code>MetadataMismatch</Code><Message>", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, (await _user.InfoAsync("cloudreve://my/short.bin")).Data.GetProperty("size").GetInt64());
    }

    [Fact]
    public async Task Given_an_upload_when_strangers_call_its_addresses_without_the_secrets_then_they_fail()
    {
        var upload = new WebUploader(_user.Api, "cloudreve://my/secret.bin", UploadingUser.Bytes(10));
        await upload.BeginAsync();
        await upload.SendChunksAsync();

        using var completed = await upload.CompleteAsync(upload.CompleteUrl.Replace("sign=", "sign=A", StringComparison.Ordinal));
        using var confirmed = await upload.ConfirmAsync(new string('A', 43));

        Assert.Equal(HttpStatusCode.Forbidden, completed.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, confirmed.StatusCode);
    }

    [Fact]
    public async Task Given_a_running_upload_when_a_second_wants_the_name_then_it_wins_once_the_lock_is_broken()
    {
        var first = new WebUploader(_user.Api, "cloudreve://my/rivals.bin", UploadingUser.Bytes(10));
        await first.BeginAsync();
        var second = new WebUploader(_user.Api, "cloudreve://my/rivals.bin", UploadingUser.Bytes(20));

        Assert.Equal(40073, (await second.BeginAsync()).Code);
        await _user.BreakLocksAsync();
        Assert.Equal(0, (await second.BeginAsync()).Code);
        await second.SendChunksAsync();
        await second.FinishAsync();

        using var late = await first.CompleteAsync();
        Assert.Equal(HttpStatusCode.NotFound, late.StatusCode);
        Assert.Equal(20, (await _user.DownloadAsync("cloudreve://my/rivals.bin")).Length);
    }

    [Fact]
    public async Task Given_a_running_upload_when_it_is_cancelled_then_placeholder_lock_and_bytes_are_gone()
    {
        var upload = new WebUploader(_user.Api, "cloudreve://my/given-up.bin", UploadingUser.Bytes(10));
        await upload.BeginAsync();
        Assert.Equal(upload.Id, (await _user.InfoAsync("cloudreve://my/given-up.bin")).Data.GetProperty("metadata").GetProperty("sys:upload_session_id").GetString());
        await upload.SendChunksAsync();

        Assert.Equal(0, (await upload.CancelAsync()).Code);
        Assert.Equal(0, (await upload.CancelAsync()).Code);

        Assert.Equal(40016, (await _user.InfoAsync("cloudreve://my/given-up.bin")).Code);
        Assert.Equal(0, await _user.UsedAsync());
        await new WebUploader(_user.Api, "cloudreve://my/given-up.bin", UploadingUser.Bytes(10)).RunAsync();
    }

    [Fact]
    public async Task Given_an_existing_file_when_overwritten_then_old_content_stays_until_the_new_is_complete()
    {
        const string Uri = "cloudreve://my/over.bin";
        var old = UploadingUser.Bytes(10);
        await new WebUploader(_user.Api, Uri, old).RunAsync();
        var upload = new WebUploader(_user.Api, Uri, UploadingUser.Bytes(2 * Chunk));
        Assert.Equal(40004, (await upload.BeginAsync()).Code);
        Assert.Equal(0, (await upload.BeginAsync("version")).Code);

        Assert.Equal(old, await _user.DownloadAsync(Uri));
        await upload.SendChunksAsync();
        await upload.FinishAsync();

        Assert.Equal(upload.Content, await _user.DownloadAsync(Uri));
    }

    [Theory]
    [InlineData("cloudreve://my/no.exe", 40050)]
    [InlineData("cloudreve://my/no%3F.txt", 40052)]
    [InlineData("cloudreve://my", 403)]
    public async Task Given_a_name_that_the_policy_refuses_when_an_upload_begins_then_the_code_says_so(string uri, int code)
    {
        await UploadingUser.SetPolicyAsync(shared.App, p => p with { FileType = ["exe"], IsFileTypeDenyList = true });

        var answer = await new WebUploader(_user.Api, uri, UploadingUser.Bytes(5)).BeginAsync();

        Assert.Equal(code, answer.Code);
    }

    [Fact]
    public async Task Given_too_much_when_an_upload_begins_then_the_code_says_so_and_nothing_is_charged()
    {
        var body = new { uri = "cloudreve://my/large.bin", size = 1L << 31 };
        Assert.Equal(40051, (await _user.Api.SendApiAsync(HttpMethod.Put, "file/upload", body)).Code);
        Assert.Equal(0, await _user.UsedAsync());

        await UploadingUser.SetPolicyAsync(shared.App, p => p, maxSize: 100);
        Assert.Equal(40049, (await _user.Api.SendApiAsync(HttpMethod.Put, "file/upload", body)).Code);
        await UploadingUser.SetPolicyAsync(shared.App, p => p, maxSize: 0);
    }

    [Theory]
    [InlineData(long.MaxValue, 40049)]
    [InlineData(1L << 47, 40051)]
    [InlineData(-1, 40001)]
    public async Task Given_one_byte_in_use_when_an_uploads_size_would_wrap_then_it_is_refused(long size, int code)
    {
        await new WebUploader(_user.Api, "cloudreve://my/one.bin", UploadingUser.Bytes(1)).RunAsync();

        Assert.Equal(code, (await _user.Api.SendApiAsync(HttpMethod.Put, "file/upload", new { uri = "cloudreve://my/wraps.bin", size })).Code);

        Assert.Equal(1, await _user.UsedAsync());
        Assert.Equal(40016, (await _user.InfoAsync("cloudreve://my/wraps.bin")).Code);
    }

    [Fact]
    public async Task Given_a_blob_put_whole_at_the_upload_address_when_completed_then_it_does_not_match()
    {
        const string Uri = "cloudreve://my/whole.bin";
        var upload = new WebUploader(_user.Api, Uri, UploadingUser.Bytes(10));
        await upload.BeginAsync();
        using var put = await PutBlobAsync(upload, 10);

        using var answer = await upload.CompleteAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Contains("<Code>MetadataMismatch</Code>", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await upload.SendChunksAsync();
        await upload.FinishAsync();
        using var late = await PutBlobAsync(upload, 60_000);

        Assert.True(put.IsSuccessStatusCode && late.IsSuccessStatusCode);
        Assert.Equal(upload.Content, await _user.DownloadAsync(Uri));
        Assert.Equal(10, await _user.UsedAsync());
    }

    [Fact]
    public async Task Given_a_live_photo_when_its_motion_part_is_uploaded_then_the_photo_has_both()
    {
        await new WebUploader(_user.Api, "cloudreve://my/photo.jpg", UploadingUser.Bytes(10)).RunAsync();
        await new WebUploader(_user.Api, "cloudreve://my/photo.jpg", UploadingUser.Bytes(7)).RunAsync("live_photo");

        Assert.Equal(10, (await _user.InfoAsync("cloudreve://my/photo.jpg")).Data.GetProperty("size").GetInt64());
        Assert.Equal(17, await _user.UsedAsync());
        Assert.Equal(40016, (await new WebUploader(_user.Api, "cloudreve://my/none.jpg", UploadingUser.Bytes(7)).BeginAsync("live_photo")).Code);
    }

    private static async Task<HttpResponseMessage> PutBlobAsync(WebUploader upload, int size)
    {
        var address = upload.Urls[0];
        using var content = new ByteArrayContent(UploadingUser.Bytes(size));
        content.Headers.Add("x-ms-blob-type", "BlockBlob");
        return await Provider.PutAsync(new Uri(address[..address.IndexOf("&comp=", StringComparison.Ordinal)]), content);
    }
}
