using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Relocations;
using Cloudreve.Core.Drive.Activities;
using Cloudreve.Core.Drive.Operations;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Core.Site;
using Cloudreve.Core.Tasks;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Orchestrations.Tests.Relocations;

public sealed class RelocationTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_files_with_versions_when_they_are_relocated_then_all_blobs_are_in_the_other_policy()
    {
        await using var site = await RelocationSite.CreateAsync(azurite);
        await site.WriteAsync("/d/a.txt", "first"u8.ToArray());
        await site.WriteAsync("/d/a.txt", "second"u8.ToArray());
        await site.WriteAsync("/d/e/b.txt", "b"u8.ToArray());
        await site.WriteAsync("/d/empty", []);
        await site.WriteAsync("/stays", "here"u8.ToArray());
        var (used, before) = (await site.UsedAsync(), await site.EntityAsync("/d/a.txt"));

        var task = await site.RelocateAsync(RelocationSite.Other, "cloudreve://my/d");

        Assert.Equal((WorkflowTaskStatus.Completed, null, 0L, "finish"), (task.Status, task.Error, task.Failed, task.Phase));
        var blobs = (await site.OtherContainer().ListPageAsync("", null)).Blobs;
        Assert.Equal(new TaskProgress(blobs.Count, blobs.Count), task.Progress["relocate"]);
        Assert.All(blobs, blob => Assert.StartsWith("moved/d/", blob.Name, StringComparison.Ordinal));
        var entity = await site.EntityAsync("/d/a.txt");
        Assert.Equal((before.Id, (long)RelocationSite.Other), (entity.Id, entity.PolicyId));
        Assert.Equal("second"u8.ToArray(), await site.ReadAsync("/d/a.txt"));
        Assert.Equal("b"u8.ToArray(), await site.ReadAsync("/d/e/b.txt"));
        Assert.Equal(1, (await site.EntityAsync("/stays")).PolicyId);
        await site.SettleAsync();
        Assert.Equal(used, await site.UsedAsync());
        Assert.Null(await site.Layout.Container(site.Layout.FilesContainerName).FindAsync(before.Source));
        Assert.Equal("second"u8.ToArray(), await site.ReadAsync("/d/a.txt"));
    }

    [Fact]
    public async Task Given_more_files_than_a_round_has_when_relocated_then_a_repetition_moves_none()
    {
        await using var site = await RelocationSite.CreateAsync(azurite);
        for (var i = 0; i < 70; i++)
            await site.WriteAsync($"/many/f{i:d2}", [(byte)i]);

        var first = await site.RelocateAsync(RelocationSite.Other, "cloudreve://my/many");
        var second = await site.RelocateAsync(RelocationSite.Other, "cloudreve://my");

        Assert.Equal(new TaskProgress(70, 70), first.Progress["relocate"]);
        Assert.Equal(new TaskProgress(70, 70), second.Progress["relocate"]);
        Assert.Equal(70, (await site.OtherContainer().ListPageAsync("", null)).Blobs.Count);
        Assert.Equal((byte[])[69], await site.ReadAsync("/many/f69"));
        await site.SettleAsync();
    }

    [Fact]
    public async Task Given_files_that_cannot_be_moved_when_relocated_then_each_is_named_and_others_move()
    {
        await using var site = await RelocationSite.CreateAsync(azurite);
        await RelocationSite.AddPolicyAsync(site, RelocationSite.Other, policy => policy with { MaxSize = 3, Settings = new() { FileType = ["exe"], IsFileTypeDenyList = true } });
        await site.WriteAsync("/d/gone", "1"u8.ToArray());
        await site.WriteAsync("/d/good", "22"u8.ToArray());
        await site.WriteAsync("/d/large", "4444"u8.ToArray());
        await site.WriteAsync("/d/x.exe", "1"u8.ToArray());
        await site.Layout.Container(site.Layout.FilesContainerName).DeleteAsync((await site.EntityAsync("/d/gone")).Source);

        var task = await site.RelocateAsync(RelocationSite.Other, "cloudreve://my/d");

        Assert.Equal((WorkflowTaskStatus.Completed, 3L), (task.Status, task.Failed));
        Assert.Equal(
            [
                "d/gone: Its content does not exist.", "d/large: The file is larger than the storage policy allows.",
                "d/x.exe: The storage policy does not allow this file type.",
            ],
            task.ErrorHistory.Order(StringComparer.Ordinal));
        Assert.Equal(new TaskProgress(4, 1), task.Progress["relocate"]);
        Assert.Equal(RelocationSite.Other, (await site.EntityAsync("/d/good")).PolicyId);
        Assert.Equal(1, (await site.EntityAsync("/d/large")).PolicyId);
    }

    [Fact]
    public async Task Given_a_policy_that_encrypts_when_plain_files_are_relocated_there_then_they_stay()
    {
        await using var site = await RelocationSite.CreateAsync(azurite);
        await RelocationSite.AddPolicyAsync(site, RelocationSite.Other, policy => policy with { Settings = new() { Encryption = true } });
        await site.WriteAsync("/a", "plain"u8.ToArray());

        var task = await site.RelocateAsync(RelocationSite.Other, "cloudreve://my/a");

        Assert.Equal(1L, task.Failed);
        Assert.Contains("not encrypted", Assert.Single(task.ErrorHistory), StringComparison.Ordinal);
        Assert.Equal(1, (await site.EntityAsync("/a")).PolicyId);
        await site.SettleAsync();
    }

    [Fact]
    public async Task Given_encrypted_content_when_relocated_to_a_plain_policy_then_it_stays_readable()
    {
        await using var site = await RelocationSite.CreateAsync(azurite);
        var catalog = site.Get<SiteCatalog>();
        var policy = await catalog.GetPolicyAsync(1);
        await catalog.SavePolicyAsync(policy with { Settings = policy.Settings with { Encryption = true } });
        await site.WriteAsync("/a", "secret"u8.ToArray());

        await site.RelocateAsync(RelocationSite.Other, "cloudreve://my/a");

        var entity = await site.EntityAsync("/a");
        Assert.Equal((long)RelocationSite.Other, entity.PolicyId);
        Assert.NotEqual("secret"u8.ToArray(), await site.OtherContainer().ReadAsync(entity.Source));
        Assert.Equal("secret"u8.ToArray(), await site.ReadAsync("/a"));
    }

    [Fact]
    public async Task Given_an_imported_file_when_it_is_relocated_then_the_blob_of_others_stays()
    {
        await using var site = await RelocationSite.CreateAsync(azurite);
        await site.PutAsync(["theirs/a.bin"]);
        var import = await site.AcceptAsync("theirs");
        var hub = new Replay.ReplayHub();
        await Orchestrations.Import.ImportStarter.StartAsync(new Replay.ReplayClient(hub), import);
        await hub.RunAsync(site.Activities());

        var task = await site.RelocateAsync(RelocationSite.Other, "cloudreve://my/imported");

        Assert.Equal((WorkflowTaskStatus.Completed, 0L), (task.Status, task.Failed));
        var entity = await site.EntityAsync("/imported/a.bin");
        Assert.Equal((false, null, (long)RelocationSite.Other), (entity.IsImported, entity.SourceETag, entity.PolicyId));
        await site.SettleAsync();
        Assert.NotNull(await site.Layout.Container(site.Layout.FilesContainerName).FindAsync("theirs/a.bin"));
    }

    [Fact]
    public async Task Given_a_relocated_file_when_a_removal_noted_before_deletes_it_then_its_new_blob_goes_too()
    {
        await using var site = await RelocationSite.CreateAsync(azurite);
        var file = await site.WriteAsync("/a", "a"u8.ToArray());
        var before = await site.EntityAsync("/a");
        await site.RelocateAsync(RelocationSite.Other, "cloudreve://my/a");
        var moved = await site.EntityAsync("/a");
        // A release that read the entity before it was moved.
        await site.Get<EntityRecycler>().ScheduleAsync([before], keepBlobs: false);
        await site.Get<DriveOperations>().DeleteAsync(new DriveWork(1, Actor.Site), FilePath.ParsePlain("/a"), keepBlobs: false);
        Assert.NotNull(file);

        for (var run = 0; run < 3; run++)
        {
            site.Clock.Advance(TimeSpan.FromHours(20));
            await site.Get<EntityRecycler>().RunAsync();
        }

        Assert.Null(await site.OtherContainer().FindAsync(moved.Source));
        await site.SettleAsync();
    }

    [Theory]
    [InlineData(ErrorCode.BadParameter, RelocationSite.Other)]
    [InlineData(ErrorCode.PathNotFound, RelocationSite.Other, "cloudreve://my/none")]
    [InlineData(ErrorCode.NoPermission, RelocationSite.Other, "cloudreve://trash/a")]
    [InlineData(ErrorCode.PolicyNotFound, 99, "cloudreve://my/a")]
    public async Task Given_a_bad_request_when_it_is_made_then_it_is_refused_and_there_is_no_task(ErrorCode code, int policyId, params string[] sources)
    {
        await using var site = await RelocationSite.CreateAsync(azurite);
        await site.WriteAsync("/a", "a"u8.ToArray());

        var refused = await Assert.ThrowsAsync<CloudreveException>(() => site.AcceptRelocationAsync(policyId, sources));

        Assert.Equal(code, refused.Code);
        Assert.Empty((await site.Get<TaskStore>().ListAsync(1, [], [], 10, null)).Tasks);
    }

    [Fact]
    public async Task Given_a_group_without_the_permission_when_a_relocation_is_requested_then_it_is_refused()
    {
        await using var site = await RelocationSite.CreateAsync(azurite);
        await site.WriteAsync("/a", "a"u8.ToArray());
        var caller = await site.AdminAsync();
        var plain = caller.Group with { Permissions = caller.Group.Permissions.With((int)GroupPermission.IsAdmin, value: false) };
        var none = caller.Group with { Permissions = caller.Group.Permissions.With((int)GroupPermission.Relocate, value: false) };

        var foreign = await Assert.ThrowsAsync<CloudreveException>(
            () => site.Get<Relocation>().AcceptAsync(caller with { Group = plain }, ["cloudreve://my/a"], RelocationSite.Other));
        var refused = await Assert.ThrowsAsync<CloudreveException>(
            () => site.Get<Relocation>().AcceptAsync(caller with { Group = none }, ["cloudreve://my/a"], RelocationSite.Other));

        Assert.Equal((ErrorCode.PolicyNotAllowed, ErrorCode.GroupNotAllowed), (foreign.Code, refused.Code));
        Assert.NotNull(await site.Get<Relocation>().AcceptAsync(caller with { Group = plain }, ["cloudreve://my/a"], 1));
    }
}
