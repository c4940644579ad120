using Cloudreve.AzureStorage;
using Cloudreve.Core.Errors;
using Cloudreve.Core.Identity;
using Cloudreve.Core.Identity.LoginActivities;

namespace Cloudreve.Functions.Api.Session;

/// <summary>
/// Notes failed sign-ins for the user to see. That happens after the answer: otherwise its time would tell whether a mail address has
/// an account.
/// </summary>
/// <param name="users">The accounts.</param>
/// <param name="activities">Takes the notes.</param>
/// <param name="logger">Receives what could not be noted.</param>
internal sealed class SignInFailures(UserStore users, LoginActivityLog activities, ILogger<SignInFailures> logger)
{
    /// <summary>Runs a sign-in.</summary>
    /// <param name="http">The request.</param>
    /// <param name="email">Whose.</param>
    /// <param name="signInAsync">The sign-in.</param>
    public async Task<User> NoteAsync(HttpContext http, string email, Func<Task<User>> signInAsync)
    {
        try
        {
            return await signInAsync();
        }
        catch (CloudreveException e) when (e.Code == ErrorCode.LoginFailed)
        {
            var activity = SignInClient.Describe(http, LoginMethod.Password);
            http.Response.OnCompleted(() => AddAsync(email, activity));
            throw;
        }
    }

    private async Task AddAsync(string email, LoginActivity activity)
    {
        try
        {
            if (await users.FindByEmailAsync(email) is { } user)
                await activities.AddFailureAsync(user.Id, activity);
        }
        catch (StorageException e)
        {
            logger.LogWarning("A failed sign-in was not noted. {Reason}", e.Message);
        }
    }
}
