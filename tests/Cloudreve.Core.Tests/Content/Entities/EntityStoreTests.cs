using Cloudreve.Core.Content.Entities;
using Cloudreve.Core.Infrastructure.Tables;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Content.Entities;

public sealed class EntityStoreTests(AzuriteServer azurite)
{
    private static readonly DateTimeOffset Time = new(2026, 2, 3, 4, 5, 6, 789, TimeSpan.Zero);

    [Fact]
    public async Task Given_entities_when_they_are_written_then_every_field_comes_back()
    {
        var (store, _) = await NewStoreAsync();
        EntityRecord[] entities =
        [
            NewEntity(4_000) with { Size = 1L << 42, Source = "uploads/7/ü #%?\\😀.bin", IsImported = true },
            NewEntity(4_001) with { Type = EntityType.Thumbnail, Size = 0, FileId = 3 },
            NewEntity(4_002) with { Type = EntityType.LivePhoto, PolicyId = 2 },
        ];

        await store.WriteNewAsync(entities);

        foreach (var entity in entities)
            Assert.Equal(entity, await store.FindAsync(entity.Id));
    }

    [Fact]
    public async Task Given_no_entity_when_it_is_looked_up_then_nothing_is_found()
    {
        var (store, _) = await NewStoreAsync();

        Assert.Null(await store.FindAsync(0));
        Assert.Null(await store.FindAsync(4_711));
    }

    [Fact]
    public async Task Given_a_name_of_a_blob_at_its_longest_when_it_is_written_then_it_comes_back()
    {
        var (store, _) = await NewStoreAsync();
        var entity = NewEntity(1) with { Source = new string('文', 1_024) };

        await store.WriteNewAsync([entity]);

        Assert.Equal(entity, await store.FindAsync(1));
    }

    [Theory]
    [InlineData(5_000, 1, 1)]
    [InlineData(5_000, 100, 1)]
    [InlineData(5_000, 101, 2)]
    [InlineData(5_990, 20, 2)]
    [InlineData(5_500, 1_000, 10)]
    [InlineData(5_550, 1_000, 11)]
    public async Task Given_a_run_of_ids_when_entities_are_written_then_each_hundred_of_a_block_costs_one_call(long first, int count, int cost)
    {
        var (store, layout) = await NewStoreAsync();
        using var measured = layout.Account.Transactions.Measure();

        await store.WriteNewAsync([.. Enumerable.Range(0, count).Select(i => NewEntity(first + i))]);

        Assert.Equal(cost, measured.Total);
        Assert.Equal(count, await Installation.CountRowsAsync(layout.Entities));
    }

    [Fact]
    public async Task Given_written_entities_when_they_are_discarded_then_only_they_go_and_repeating_is_harmless()
    {
        var (store, _) = await NewStoreAsync();
        await store.WriteNewAsync([NewEntity(10), NewEntity(11), NewEntity(12)]);

        await store.DiscardAsync([10, 12]);
        await store.DiscardAsync([10, 12, 99]);

        Assert.Null(await store.FindAsync(10));
        Assert.NotNull(await store.FindAsync(11));
        Assert.Null(await store.FindAsync(12));
    }

    private static EntityRecord NewEntity(long id) => new()
    {
        Id = id,
        Size = id,
        PolicyId = 1,
        Source = $"blob{id}",
        CreatedBy = 7,
        CreatedAt = Time,
    };

    private async Task<(EntityStore Store, StorageLayout Layout)> NewStoreAsync()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        return (new EntityStore(layout), layout);
    }
}
