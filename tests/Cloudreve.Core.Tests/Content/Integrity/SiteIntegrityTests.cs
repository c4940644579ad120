using Cloudreve.AzureStorage.Tables;
using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Content.Integrity;
using Cloudreve.Core.Drive.Copying;
using Cloudreve.Core.Drive.Quota;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Tests.Content.Uploads;
using Cloudreve.Core.Tests.Drive.Operations;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Integrity;

public sealed class SiteIntegrityTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_versions_copies_and_an_open_upload_when_the_site_is_checked_then_nothing_is_found()
    {
        var site = await UploadSite.CreateAsync(azurite);
        await site.WriteAsync("/d/file", UploadSite.Bytes(30));
        await site.WriteAsync("/d/file", UploadSite.Bytes(40));
        await site.BeginAsync("/d/open", 250);
        await site.Drive.Operations.CopyAsync(DriveSite.NewWork(), DriveSite.Path("/d/file"), DriveSite.Path(""), new CopyLimits(null, 0), "copy");
        await site.Drive.Operations.DeleteAsync(DriveSite.NewWork(), DriveSite.Path("/d/file"), keepBlobs: false);

        Assert.Empty(await CheckAsync(site));
    }

    [Fact]
    public async Task Given_a_blob_that_is_gone_when_the_site_is_checked_then_its_entity_dangles()
    {
        var (site, file, entity) = await CreateAsync();
        await site.Layout.Container(site.Layout.FilesContainerName).DeleteAsync(entity.Source);

        var finding = Assert.Single(await CheckAsync(site));

        Assert.Equal((IntegrityKind.Dangling, $"The blob {entity.Source} of the entity {file.PrimaryEntityId} does not exist."), (finding.Kind, finding.Text));
    }

    [Fact]
    public async Task Given_a_missing_entity_when_the_site_is_checked_then_file_and_blob_are_reported()
    {
        var (site, _, entity) = await CreateAsync();
        await site.Drive.Get<EntityStore>().DiscardAsync([entity.Id]);

        Assert.Equal([IntegrityKind.Dangling, IntegrityKind.Orphan], (await CheckAsync(site)).Select(f => f.Kind));
    }

    [Fact]
    public async Task Given_an_uploaded_blob_without_an_entity_when_the_site_is_checked_then_it_is_an_orphan()
    {
        var (site, _, _) = await CreateAsync();
        var container = site.Layout.Container(site.Layout.FilesContainerName);
        await container.WriteAsync("uploads/7/lost", BinaryData.FromString("x"));
        await container.WriteAsync("another's/blob", BinaryData.FromString("x"));

        var finding = Assert.Single(await CheckAsync(site));

        Assert.Equal((IntegrityKind.Orphan, "No entity has the blob uploads/7/lost."), (finding.Kind, finding.Text));
    }

    [Fact]
    public async Task Given_a_blob_of_another_size_when_the_site_is_checked_then_its_size_is_wrong()
    {
        var (site, _, entity) = await CreateAsync();
        await site.Layout.Container(site.Layout.FilesContainerName).WriteAsync(entity.Source, BinaryData.FromString("x"));

        Assert.Equal(IntegrityKind.WrongSize, Assert.Single(await CheckAsync(site)).Kind);
    }

    [Fact]
    public async Task Given_a_file_that_notes_another_size_when_the_site_is_checked_then_the_quota_is_wrong()
    {
        var (site, file, _) = await CreateAsync();
        await site.Drive.Tree.Updates.UpdateAsync(file, f => f with { Size = 31 });

        Assert.Equal([IntegrityKind.WrongSize, IntegrityKind.WrongQuota], (await CheckAsync(site)).Select(f => f.Kind));
    }

    [Fact]
    public async Task Given_bytes_that_no_file_has_when_the_site_is_checked_then_the_quota_is_wrong()
    {
        var (site, _, _) = await CreateAsync();
        await site.Drive.Get<QuotaLedger>().ChargeAsync(DriveSite.Owner, "lost", 5, null);

        var finding = Assert.Single(await CheckAsync(site));

        Assert.Equal(
            (IntegrityKind.WrongQuota, "The files and uploads of the user 7 have 30 bytes, but 35 are charged."), (finding.Kind, finding.Text));
    }

    [Fact]
    public async Task Given_a_reference_of_a_file_that_is_gone_when_the_site_is_checked_then_it_is_an_orphan()
    {
        var (site, file, _) = await CreateAsync();
        await site.Drive.Get<EntityReferences>().AddAsync([new EntityReference(file.PrimaryEntityId, file.Id + 1)]);

        Assert.Equal(IntegrityKind.Orphan, Assert.Single(await CheckAsync(site)).Kind);
    }

    [Fact]
    public async Task Given_an_id_row_without_an_entry_when_the_site_is_checked_then_it_is_an_orphan()
    {
        var (site, file, _) = await CreateAsync();
        await site.Layout.FileIds.InsertAsync(
            new Row(FileKeys.IdBlock(file.Id + 1), FileKeys.Id(file.Id + 1)) { ["p"] = file.ParentId, ["t"] = 0, ["o"] = DriveSite.Owner, ["v"] = 1L });

        Assert.Equal(IntegrityKind.Orphan, Assert.Single(await CheckAsync(site)).Kind);
    }

    private async Task<(UploadSite Site, FileRecord File, EntityRecord Entity)> CreateAsync()
    {
        var site = await UploadSite.CreateAsync(azurite);
        var file = await site.WriteAsync("/file", UploadSite.Bytes(30));
        return (site, file, (await site.Drive.Get<EntityStore>().FindAsync(file.PrimaryEntityId))!);
    }

    private static Task<IReadOnlyList<IntegrityFinding>> CheckAsync(UploadSite site) => site.Restart().Drive.Get<SiteIntegrity>().CheckAsync();
}
