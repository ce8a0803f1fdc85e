# SPDX-License-Identifier: Apache-2.0
#
# What `setup` changes in Wakaama's example programs so that tests can place them. The protocol
# code in core/ is left as it came. Each line must match once in the files `setup` names, or the
# build stops. Without the three variables in the environment the programs behave as they did, but
# for the last two lines: at the end of standard input they leave as if told `quit`, where the
# originals would spin; and a Read of /5/0 is answered, where the original writes six values into
# an array of three and falls.

# shared/connection.c: WAKAAMA_BIND is the local address to bind to, instead of the wildcard
s/getaddrinfo(NULL, portStr, &hints, &res)/getaddrinfo(getenv("WAKAAMA_BIND"), portStr, \&hints, \&res)/

# lightclient/object_security.c: WAKAAMA_SERVER is the server's URI (the light client has no option for it)
s|strdup("coap://localhost:5683")|strdup(getenv("WAKAAMA_SERVER") ? getenv("WAKAAMA_SERVER") : "coap://localhost:5683")|

# lightclient/object_server.c: WAKAAMA_LIFETIME is the lifetime in seconds (likewise)
s/serverInstance->lifetime = 300;/serverInstance->lifetime = getenv("WAKAAMA_LIFETIME") ? (uint32_t)atoi(getenv("WAKAAMA_LIFETIME")) : 300;/

# client, server, bootstrap_server: end of standard input means quit
s/numBytes = read(STDIN_FILENO, buffer, MAX_PACKET_SIZE - 1);/& if (numBytes <= 0) g_quit = 1;/

# client/object_firmware.c: room for all that is read
s/\*dataArrayP = lwm2m_data_new(3);/*dataArrayP = lwm2m_data_new(6);/
