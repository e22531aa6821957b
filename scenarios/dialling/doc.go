// Package dialling sweeps what comes before and after a conversation by telephone: commands to the modem,
// the dial tone, digits, rings, training, the way back to commands by +++ and its silences, and hanging up.
// Package atlas sweeps what is said in between.
//
// There are two sweeps. OfUpgrades plays whole upgrades of a meter that is called and strikes each with a fault of
// the catalogue at every moment at which no call stands: of the network, the port, the computer, the
// meter and the line. Package trial judges what comes of it, recoveries included. OfCalls plays a call alone and
// strikes what no plan can: every byte between computer and modem, in both directions, and the
// modem lines; and a program that ends at any moment and is started again.
package dialling
