using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Content.Uploads;
using Cloudreve.Core.Content.Versions;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Uploads;

/// <summary>
/// A storage call has no effect or its response is lost, at every single call of a change of content. The pipeline sends it again, so the
/// change succeeds and is done once.
/// </summary>
public sealed class LostAnswerTests(AzuriteServer azurite) : IClassFixture<AzuriteServer>
{
    private const string File = "/file";

    private static readonly Actor Actor = new(DriveSite.Owner);

    public static readonly TheoryData<string, StorageFault> Changes = [.. from change in (string[])
        ["begin", "begin version", "complete", "complete version", "cancel", "write", "set version", "delete version"]
        from fault in (StorageFault[])[StorageFault.AnswerLost, StorageFault.Unavailable]
        select (change, fault)];

    [Theory]
    [MemberData(nameof(Changes))]
    public Task Given_a_lost_answer_at_any_call_of_a_content_change_when_retried_then_it_is_done_once(string change, StorageFault fault) =>
        CrashMatrix.RunAsync(() => UploadSite.CreateAsync(azurite), async (site, index) =>
        {
            if (change is not ("begin" or "complete" or "cancel"))
                await site.WriteAsync(File, UploadSite.Bytes(30));
            if (change is "set version" or "delete version")
                await site.WriteAsync(File, UploadSite.Bytes(40));
            var session = change is "complete" or "complete version" or "cancel" ? await BeginStagedAsync(site, change == "complete version") : null;
            var crash = new CrashPoint(index, fault) { IsArmed = true };

            await ChangeAsync(site.Restart(crash.Decide), change, session);

            // An upload that was only begun expires.
            await site.RecoverAsync();
            var file = await site.FindAsync(File);
            Assert.Equal(
                change switch
                {
                    "begin" or "cancel" => [],
                    "begin version" => [30],
                    "complete" => [250],
                    "complete version" => [250, 30],
                    "write" => [40, 30],
                    "set version" => [30, 40],
                    _ => (long[])[40],
                },
                file is null ? [] : [file.Size, .. file.OtherEntities.Select(l => l.Size)]);
            await site.AssertExactAsync();
            return crash.Struck;
        });

    private static async Task ChangeAsync(UploadSite site, string change, UploadSession? session)
    {
        switch (change)
        {
            case "begin" or "begin version":
                await site.BeginAsync(File, 250, overwrites: change == "begin version");
                break;
            case "complete" or "complete version":
                await site.CompleteAsync(session!.Id);
                break;
            case "cancel":
                await site.Drive.Get<UploadCancellation>().CancelAsync(session!.Id, DriveSite.Owner);
                break;
            case "write":
                await site.WriteAsync(File, UploadSite.Bytes(40));
                break;
            case "set version":
                await site.Drive.Get<FileVersions>().SetCurrentAsync(DriveSite.Owner, DriveSite.Path(File), await OldVersionAsync(site), Actor);
                break;
            default:
                await site.Drive.Get<FileVersions>().DeleteAsync(DriveSite.Owner, DriveSite.Path(File), await OldVersionAsync(site), Actor);
                break;
        }
    }

    private static async Task<UploadSession> BeginStagedAsync(UploadSite site, bool overwrites)
    {
        var content = UploadSite.Bytes(250);
        var session = await site.BeginAsync(File, content.Length, overwrites);
        await site.StageAsync(session, content);
        return session;
    }

    private static async Task<long> OldVersionAsync(UploadSite site) => Assert.Single((await site.FindAsync(File))!.OtherEntities).Id;
}
