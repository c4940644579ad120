using Cloudreve.Functions.Api.Users;

namespace Cloudreve.Functions.Api.Session;

/// <summary>The answer to a sign-in.</summary>
/// <param name="User">The user who signed in.</param>
internal sealed record LoginResponse(UserResponse User, TokenResponse Token);
