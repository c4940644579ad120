using Cloudreve.AzureStorage;
using Cloudreve.AzureStorage.Pipeline;
using Cloudreve.Core.Accounts;
using Cloudreve.Core.Drive.Tree;
using Cloudreve.Core.Infrastructure.Errors;
using Cloudreve.Testing.Azurite;
using Xunit;

namespace Cloudreve.Core.Tests.Accounts;

public sealed class UserStoreTests(AzuriteServer azurite)
{
    [Fact]
    public async Task Given_a_new_account_when_it_is_found_by_its_address_in_any_case_then_everything_is_there()
    {
        var world = new IdentityWorld((await Installation.CreateAsync(azurite)).Connect());
        var created = await world.CreateUserAsync("Jane.#?/Doe@Example.com");

        var found = await world.Users.FindByEmailAsync("jane.#?/doe@EXAMPLE.com");

        Assert.Equal(created.Id, found?.Id);
        Assert.Equal("jane.#?/doe", found!.Nick);
        Assert.True(found.Settings is { VersionRetentionEnabled: true, VersionRetentionMax: 10 });
        Assert.Equal(created.Id, await world.Tree.ByPath.FindFolderIdAsync(created.Id, FilePath.Root));
    }

    [Theory]
    [InlineData("jose\u0301@example.com")]
    [InlineData("jos\u00E9@example.com")]
    public async Task Given_an_address_stored_as_it_came_when_typed_in_any_form_then_its_one_account_is_found(string stored)
    {
        var world = new IdentityWorld((await Installation.CreateAsync(azurite)).Connect());
        var made = await world.CreateUserAsync("somebody@example.com");
        await world.Layout.Users.UpsertAsync(UserRows.Describe(made with { Email = stored }));
        await world.Layout.Users.InsertAsync(UserRows.DescribeMail(stored, made.Id));

        foreach (var typed in (string[])["jose\u0301@example.com", "JOS\u00C9@example.com", " jos\u00E9@example.com"])
        {
            Assert.Equal(made.Id, (await world.Users.FindByEmailAsync(typed))?.Id);
            Assert.Equal(made.Id, (await world.SignIn.SignInAsync(typed, IdentityWorld.Password, IdentityWorld.Home)).Id);
            Assert.Equal(ErrorCode.MailInUse, (await Assert.ThrowsAsync<CloudreveException>(() => world.CreateUserAsync(typed))).Code);
        }
    }

    [Fact]
    public async Task Given_an_account_that_is_not_known_when_many_requests_ask_who_calls_then_it_is_read_once()
    {
        var installation = await Installation.CreateAsync(azurite);
        var user = await new IdentityWorld(installation.Connect()).CreateUserAsync("a@example.com");
        var layout = installation.Connect();
        var world = new IdentityWorld(layout);

        var found = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => world.Users.FindRecentAsync(user.Id).AsTask()));

        Assert.All(found, one => Assert.Equal(user.Email, one!.Email));
        Assert.Equal(1, layout.Account.Transactions.Total);
    }

    [Fact]
    public async Task Given_silent_storage_when_the_caller_is_looked_up_then_the_last_answer_serves_for_a_minute()
    {
        var installation = await Installation.CreateAsync(azurite);
        var isDown = false;
        var world = new IdentityWorld(installation.Connect(_ => isDown ? StorageFault.Unavailable : StorageFault.None));
        var user = await world.CreateUserAsync("a@example.com");
        await world.Users.FindRecentAsync(user.Id);
        isDown = true;

        world.Clock.Advance(UserStore.MaxAge);
        Assert.Equal(user.Email, (await world.Users.FindRecentAsync(user.Id))!.Email);
        world.Clock.Advance(TimeSpan.FromSeconds(60) - UserStore.MaxAge);

        await Assert.ThrowsAsync<StorageUnavailableException>(() => world.Users.FindRecentAsync(user.Id).AsTask());
    }

    [Fact]
    public async Task Given_processes_that_race_for_an_address_when_all_have_ended_then_one_account_has_it()
    {
        var installation = await Installation.CreateAsync(azurite);

        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            try
            {
                return await new IdentityWorld(installation.Connect()).CreateUserAsync("race@example.com");
            }
            catch (CloudreveException e) when (e.Code == ErrorCode.MailInUse)
            {
                return null;
            }
        }));

        var winner = Assert.Single(results, user => user is not null)!;
        Assert.Equal(winner.PasswordHash, (await new IdentityWorld(installation.Connect()).Users.FindByEmailAsync("race@example.com"))?.PasswordHash);
    }

    [Theory]
    [InlineData(StorageFault.CrashBefore)]
    [InlineData(StorageFault.CrashAfter)]
    [InlineData(StorageFault.AnswerLost)]
    public async Task Given_a_fault_at_any_call_when_an_account_is_made_and_retried_then_there_is_exactly_one(StorageFault fault)
    {
        var installation = await Installation.CreateAsync(azurite);
        for (var call = 0; ; call++)
        {
            var email = $"user{call}@example.com";
            var (layout, crash) = installation.ConnectWithCrash(call, fault);
            crash.IsArmed = true;
            await TryAsync(() => new IdentityWorld(layout).CreateUserAsync(email));
            await TryAsync(() => new IdentityWorld(installation.Connect()).CreateUserAsync(email));

            var world = new IdentityWorld(installation.Connect());
            var user = await world.Users.FindByEmailAsync(email);
            Assert.NotNull(user);
            Assert.NotNull(await world.Tree.ByPath.FindFolderIdAsync(user.Id, FilePath.Root));
            if (!crash.Struck)
                return;
        }
    }

    [Fact]
    public async Task Given_a_lost_answer_to_the_insert_when_the_pipeline_retries_then_the_account_is_its_own()
    {
        var installation = await Installation.CreateAsync(azurite);
        var struck = false;
        var world = new IdentityWorld(installation.Connect(call =>
        {
            var isUser = call is { Method: "POST" } && call.Uri.AbsolutePath.EndsWith("users", StringComparison.Ordinal);
            // The first insert into the table is the mail address, the second one the account.
            if (!isUser || _inserts++ != 1)
                return StorageFault.None;
            struck = true;
            return StorageFault.AnswerLost;
        }));

        await world.CreateUserAsync("lost@example.com");

        Assert.True(struck);
    }

    [Fact]
    public async Task Given_an_account_that_was_read_recently_when_requested_then_it_costs_nothing_until_too_old()
    {
        var layout = (await Installation.CreateAsync(azurite)).Connect();
        var world = new IdentityWorld(layout);
        var user = await world.CreateUserAsync("recent@example.com");
        await world.Users.FindRecentAsync(user.Id);
        using var measured = layout.Account.Transactions.Measure();

        await world.Users.FindRecentAsync(user.Id);
        var whileFresh = measured.Total;
        world.Clock.Advance(UserStore.MaxAge);
        await world.Users.FindRecentAsync(user.Id);

        Assert.Equal((0, 1), (whileFresh, measured.Total));
    }

    private int _inserts;

    private static async Task TryAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (Exception e) when (e is SimulatedCrashException or StorageException or CloudreveException { Code: ErrorCode.MailInUse })
        {
            // The invariants are checked afterwards.
        }
    }
}
